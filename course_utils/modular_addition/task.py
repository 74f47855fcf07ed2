"""Grokking on modular addition: the task, its pairs and its loss.

A one-layer transformer learns a + b mod p from 30 % of all pairs. It first memorises them, and much later, with no
change in the training loss to announce it, generalises to the others: the cleanest known case of a mechanism that forms
long after the training loss has gone flat (Power et al. 2022, arXiv 2201.02177; the mechanism and its measures: Nanda
et al. 2023, arXiv 2301.05217). Train one, keep its checkpoints, and ask what formed when:

    run = train(ModularAdditionConfig.classroom(seed=0))
    run.metrics                          # losses and accuracies by step
    model = run.checkpoint(300)          # tokens (batch, 3) -> logits (batch, modulus)

`classroom` differs from `mainline`, the paper's setting, in the learning rate alone (1e-2 for 1e-3), which brings the
whole story into a thousand steps. The network is in `model`, the fast update in
`step`.

Pitfalls: losses are float64 cross-entropies, as the float32 floor near 1e-7 hides the last orders of magnitude. Two
float32 runs whose sums are taken in another order (other hardware, other number of threads) drift apart at this
learning rate, so a seed gives the same run on the same machine, and elsewhere the same story with other numbers.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.modular_addition.config import SPLIT, ModularAdditionConfig, generator


def all_pairs(modulus: int) -> Int[Tensor, "modulus*modulus 2"]:
    """Every pair (a, b), b running fastest, so that row a * modulus + b is (a, b).

    >>> all_pairs(2).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    residues = torch.arange(modulus)
    return torch.cartesian_prod(residues, residues)


def pair_tokens(pairs: Int[Tensor, "batch 2"], modulus: int) -> Int[Tensor, "batch 3"]:
    """The model's input for pairs: a, b, and the token of "=", which is `modulus`.

    >>> pair_tokens(torch.tensor([[1, 2]]), modulus=5).tolist()
    [[1, 2, 5]]
    """
    return torch.cat([pairs, torch.full((len(pairs), 1), modulus)], dim=1)


def pair_sums(pairs: Int[Tensor, "batch 2"], modulus: int) -> Int[Tensor, " batch"]:
    """The right answers: (a + b) mod modulus.

    >>> pair_sums(torch.tensor([[3, 4]]), modulus=5).tolist()
    [2]
    """
    return pairs.sum(dim=1) % modulus


def cross_entropy(logits: Float[Tensor, "*batch modulus"], answers: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """-log softmax(logits)[answer] per example, in nats, and in float64 whatever the dtype of the logits.

    In float32 a loss under about 1e-7 is read as 0; in float64 the floor lies near 1e-16.

    >>> cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
    tensor([0.6931], dtype=torch.float64)
    """
    log_probabilities = logits.double().log_softmax(dim=-1)
    return -log_probabilities.gather(-1, answers[..., None])[..., 0]


def split_pairs(config: ModularAdditionConfig) -> tuple[Int[Tensor, "train 2"], Int[Tensor, "test 2"]]:
    """The training pairs and the held-out pairs of a config's seed: a random permutation of all pairs, cut in two.

    The split depends on the modulus, the fraction and the seed alone.
    """
    order = torch.randperm(config.modulus**2, generator=generator(config.seed, SPLIT))
    pairs = all_pairs(config.modulus)[order]
    return pairs[: config.n_train], pairs[config.n_train :]
