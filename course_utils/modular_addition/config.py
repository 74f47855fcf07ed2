"""All that decides a run of modular addition, and which of its steps are kept."""

import math
from dataclasses import dataclass, fields, replace

import torch

from course_utils.modular_addition.model import ModularAdditionTransformer
from course_utils.training.kept_steps import checkpoint_schedule

SPLIT, WEIGHTS = 0, 1  # the two streams of random numbers of a seed


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
        return self.build_model().initialise_(generator(self.seed, WEIGHTS))


def _preset(base: ModularAdditionConfig, changes: dict) -> ModularAdditionConfig:
    known = [field.name for field in fields(ModularAdditionConfig)]
    unknown = sorted(set(changes) - set(known))
    if unknown:
        raise ValueError(f"got {', '.join(unknown)}; expected names of settings: {', '.join(known)}")
    return replace(base, **changes)


def generator(seed: int, stream: int) -> torch.Generator:
    """The random numbers of a seed, in one of its two streams: the split of the pairs, or the first weights."""
    return torch.Generator().manual_seed(2 * seed + stream)
