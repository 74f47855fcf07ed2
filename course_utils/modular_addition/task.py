"""Grokking on modular addition: the task, its config, and the trainer's way in.

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

import math
from dataclasses import dataclass, fields, replace

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.modular_addition.model import ModularAdditionTransformer
from course_utils.training.runs import TrainingRun
from course_utils.training.kept_steps import checkpoint_schedule

_SPLIT, _WEIGHTS = 0, 1  # the two streams of random numbers of a seed


@dataclass(frozen=True)
class ModularAdditionConfig:
    """All that decides a run; the defaults are the classroom's. Raises ValueError where no run could be made of it.

    Metrics are measured every `measure_every` steps, checkpoints kept every `checkpoint_every` steps, and both at steps
    evenly spaced on a logarithmic axis besides. Warm-up is linear: the rate at update t = 1, 2, ... is
    learning_rate * min(1, t / warmup_steps).
    """

    modulus: int = 113
    train_fraction: float = 0.3
    d_model: int = 128
    n_heads: int = 4
    d_mlp: int = 512
    learning_rate: float = 1e-2
    weight_decay: float = 1.0
    betas: tuple[float, float] = (0.9, 0.98)
    warmup_steps: int = 10
    steps: int = 1000
    seed: int = 0
    measure_every: int = 10
    checkpoint_every: int = 20
    dtype: str = "float32"

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", tuple(self.betas))
        for name in ("d_model", "n_heads", "d_mlp", "measure_every", "checkpoint_every"):
            self._expect_integer(name, at_least=1)
        for name in ("steps", "seed", "warmup_steps"):
            self._expect_integer(name, at_least=0)
        self._expect_integer("modulus", at_least=3)
        self._expect(self.d_model % self.n_heads == 0, "n_heads", f"a divisor of d_model = {self.d_model}")
        self._expect(0 < self.train_fraction < 1, "train_fraction", "a fraction between 0 and 1")
        self._expect(0 < self.n_train < self.modulus**2, "train_fraction", "pairs in training and pairs held out")
        self._expect(0 < self.learning_rate < math.inf, "learning_rate", "a positive number")
        self._expect(0 <= self.weight_decay < math.inf, "weight_decay", "0 or more")
        in_range = len(self.betas) == 2 and all(0 <= beta < 1 for beta in self.betas)
        self._expect(in_range, "betas", "two numbers, each at least 0 and below 1")
        self._expect(self.dtype in ("float32", "float64"), "dtype", "'float32' or 'float64'")

    def _expect_integer(self, name: str, at_least: int) -> None:
        value = getattr(self, name)
        is_integer = isinstance(value, int) and not isinstance(value, bool)
        self._expect(is_integer and value >= at_least, name, f"an integer, at least {at_least}")

    def _expect(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            raise ValueError(f"ModularAdditionConfig: got {name}={getattr(self, name)!r}; expected {expected}")

    @classmethod
    def classroom(cls, **changes: object) -> "ModularAdditionConfig":
        """The paper's network and data at learning rate 1e-2: memorises, then groks, within 1000 steps."""
        return _preset(cls(), changes)

    @classmethod
    def mainline(cls, **changes: object) -> "ModularAdditionConfig":
        """The paper's own setting: learning rate 1e-3 and 40,000 steps, which takes a laptop most of an hour."""
        return _preset(cls(learning_rate=1e-3, steps=40_000, measure_every=100, checkpoint_every=500), changes)

    @property
    def n_train(self) -> int:
        """Number of training pairs, floor(train_fraction * modulus^2); all of them are in every batch."""
        return int(self.train_fraction * self.modulus**2)

    @property
    def checkpoint_steps(self) -> list[int]:
        return checkpoint_schedule(self.steps, self.checkpoint_every)

    @property
    def measured_steps(self) -> list[int]:
        """The steps with a row of metrics: every checkpoint has one."""
        return sorted({*checkpoint_schedule(self.steps, self.measure_every), *self.checkpoint_steps})

    def build_model(self) -> ModularAdditionTransformer:
        """An uninitialised network of this size."""
        model = ModularAdditionTransformer(self.modulus, self.d_model, self.n_heads, self.d_mlp)
        return model.to(getattr(torch, self.dtype))

    def initial_model(self) -> ModularAdditionTransformer:
        """The network at step 0 of this config's seed."""
        return self.build_model().initialise_(_generator(self.seed, _WEIGHTS))


def _preset(base: ModularAdditionConfig, changes: dict) -> ModularAdditionConfig:
    known = [field.name for field in fields(ModularAdditionConfig)]
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ValueError(f"got {', '.join(unknown)}; expected names of settings: {', '.join(known)}")
    return replace(base, **changes)


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


def pair_sums(pairs: Int[Tensor, "batch 2"], modulus: int) -> Int[Tensor, "batch"]:
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
    order = torch.randperm(config.modulus**2, generator=_generator(config.seed, _SPLIT))
    pairs = all_pairs(config.modulus)[order]
    return pairs[: config.n_train], pairs[config.n_train :]


def _generator(seed: int, stream: int) -> torch.Generator:
    return torch.Generator().manual_seed(2 * seed + stream)


class ModularAdditionRun(TrainingRun):
    """A run of `train`: `steps`, `metrics`, `checkpoint(step)`, `save(directory)`, `train_pairs`, `test_pairs`.

    `metrics` has a row per measured step: train_loss and test_loss (nats), train_accuracy and test_accuracy (shares),
    sum_squared_weights (all parameters, biases included).
    """

    kind = "modular_addition"
    config: ModularAdditionConfig

    @classmethod
    def config_from_dict(cls, form: dict) -> ModularAdditionConfig:
        return ModularAdditionConfig(**form)

    def build_model(self) -> ModularAdditionTransformer:
        return self.config.build_model()

    @property
    def batch_size(self) -> int:
        return self.config.n_train

    def tokens_seen(self, step: int) -> int:
        """Training tokens shown by `step`: three for each example, a, b and "="."""
        return 3 * self.examples_seen(step)

    @property
    def train_pairs(self) -> Int[Tensor, "train 2"]:
        """The pairs trained on."""
        return split_pairs(self.config)[0]

    @property
    def test_pairs(self) -> Int[Tensor, "test 2"]:
        """The pairs held out."""
        return split_pairs(self.config)[1]
