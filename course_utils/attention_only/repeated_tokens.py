"""Token sequences in which looking back pays: repeats of any period, of one period, bigrams of a context, streams.

On repeated random tokens nothing helps but the context: the first time round a token cannot be guessed better than at
chance, the second time round whoever looks back can know it. So the loss on repeated tokens measures induction alone
(Olsson et al. 2022, arXiv 2209.11895).

Every sequence begins with a start token, whose id is `vocabulary`: tokens themselves are 0 .. vocabulary - 1. Every function
takes a torch generator, and the same generator state gives the same tokens.

Pitfall: where all sequences have one and the same period, "look back that many positions" solves the task without induction.
"""

import torch
from jaxtyping import Int
from torch import Tensor


def repeated_sequences(
    batch: int,
    length: int,
    vocabulary: int,
    generator: torch.Generator,
    periods: tuple[int, int],
) -> Int[Tensor, "batch length+1"]:
    """Start token, then random tokens that repeat with a period drawn for each sequence from periods, ends included.

    Token i of a sequence (after the start) is token i mod period of random ones. Raises ValueError unless
    1 <= least period <= greatest period <= length.

    >>> repeated_sequences(1, 6, 5, torch.Generator().manual_seed(0), periods=(3, 3)).shape
    torch.Size([1, 7])
    """
    least, greatest = periods
    if not 1 <= least <= greatest <= length:
        raise ValueError(f"got periods {periods} and length {length}; expected 1 <= least <= greatest <= length")
    drawn = torch.randint(vocabulary, (batch, length), generator=generator)
    period = torch.randint(least, greatest + 1, (batch, 1), generator=generator)
    return with_start(drawn.gather(1, torch.arange(length) % period), vocabulary)


def context_bigrams(
    batch: int, length: int, vocabulary: int, generator: torch.Generator
) -> Int[Tensor, "batch length+1"]:
    """Start token, then a walk in which each sequence has its own rule of which token follows which (a permutation)."""
    follows = torch.rand(batch, vocabulary, generator=generator).argsort(dim=1)
    walk = [torch.randint(vocabulary, (batch, 1), generator=generator)]
    for _ in range(length - 1):
        jump = torch.rand(batch, 1, generator=generator) < 0.1  # now and then elsewhere, or short cycles never end
        elsewhere = torch.randint(vocabulary, (batch, 1), generator=generator)
        walk.append(torch.where(jump, elsewhere, follows.gather(1, walk[-1])))
    return with_start(torch.cat(walk, dim=1), vocabulary)


def zipf_streams(batch: int, length: int, vocabulary: int, generator: torch.Generator) -> Int[Tensor, "batch length+1"]:
    """Start token, then tokens as frequent as words (probability ~ 1 / rank), a passage of them now and then repeated."""
    weights = (1.0 / torch.arange(1, vocabulary + 1)).expand(batch, -1)
    tokens = torch.multinomial(weights, length, replacement=True, generator=generator)
    span = max(length // 6, 1)
    for row in tokens:
        source = int(torch.randint(length // 2 - span + 1, (1,), generator=generator))
        target = int(torch.randint(length // 2, length - span + 1, (1,), generator=generator))
        row[target : target + span] = row[source : source + span].clone()
    return with_start(tokens, vocabulary)


def with_start(tokens: Int[Tensor, "batch length"], vocabulary: int) -> Int[Tensor, "batch length+1"]:
    """The same sequences after a start token, whose id is the number of tokens, `vocabulary`."""
    return torch.cat([torch.full((len(tokens), 1), vocabulary), tokens], dim=1)
