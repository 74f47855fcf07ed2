"""Predictors of repeated tokens whose rule is known, to try a test of a mechanism on: some copy, some only seem to.

Each is a rule and the probability that it puts on what the rule says; the rest is spread evenly. What a rule knows at the
second occurrence of a token:

    induction   what followed the last earlier copy of the current token
    offset      the token a fixed number of positions back, the shortcut of whoever was trained on one period
    context     which tokens are in this sequence at all, but not which comes next
    memory      one and the same token, whatever the sequence
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.attention_only.repeated_tokens import repeated_sequences

SEQUENCES, COPIES = 32, 3


def losses_of_predictor(
    rule: str, confidence: float, vocabulary: int, seed: int, offset: int = 0
) -> Callable[[int], dict[str, float]]:
    """period -> {"first", "later"}: mean losses in nats on first and later occurrences in sequences of that period.

    Raises KeyError for an unknown rule, ValueError for a confidence outside (0, 1).
    """
    told = RULES[rule]
    if not 0 < confidence < 1:
        raise ValueError(f"got confidence={confidence}; expected a number between 0 and 1")

    def losses(period: int) -> dict[str, float]:
        generator = torch.Generator().manual_seed(seed * 1000 + period)
        tokens = repeated_sequences(SEQUENCES, COPIES * period, vocabulary, generator, (period, period))
        said = told(tokens, vocabulary, offset)
        even = torch.full_like(said, 1 / vocabulary)
        known = said.sum(dim=-1, keepdim=True) > 0
        probability = torch.where(known, confidence * said + (1 - confidence) * even, even)
        of_next = -probability[:, :-1].log().gather(-1, tokens[:, 1:, None])[..., 0]
        return {"first": of_next[:, :period].mean().item(), "later": of_next[:, period + 1 :].mean().item()}

    return losses


def _induction(tokens: Tensor, vocabulary: int, offset: int) -> Float[Tensor, "batch pos vocabulary"]:
    said = torch.zeros(*tokens.shape, vocabulary)
    for row, sequence in enumerate(tokens.tolist()):
        followed: dict[int, int] = {}
        for position, token in enumerate(sequence):
            if position:
                followed[sequence[position - 1]] = token
            if token in followed:
                said[row, position, followed[token]] = 1
    return said


def _offset(tokens: Tensor, vocabulary: int, offset: int) -> Float[Tensor, "batch pos vocabulary"]:
    said = torch.zeros(*tokens.shape, vocabulary)
    next_ones = _one_hot(tokens, vocabulary)[:, 1:]
    said[:, offset:] = next_ones[:, : max(tokens.shape[1] - offset, 0)]
    return said


def _context(tokens: Tensor, vocabulary: int, offset: int) -> Float[Tensor, "batch pos vocabulary"]:
    there = (_one_hot(tokens, vocabulary).cumsum(dim=1) > 0).float()
    return there / there.sum(dim=-1, keepdim=True).clamp_min(1)


def _memory(tokens: Tensor, vocabulary: int, offset: int) -> Float[Tensor, "batch pos vocabulary"]:
    said = torch.zeros(*tokens.shape, vocabulary)
    said[..., 0] = 1
    return said


def _one_hot(tokens: Int[Tensor, "batch pos"], vocabulary: int) -> Float[Tensor, "batch pos vocabulary"]:
    """One-hot rows; a start token, whose id is the number of tokens, is a row of zeros."""
    return torch.nn.functional.one_hot(tokens, vocabulary + 1)[..., :-1].float()


RULES: dict[str, Callable[[Tensor, int, int], Tensor]] = {
    "induction": _induction,
    "offset": _offset,
    "context": _context,
    "memory": _memory,
}
