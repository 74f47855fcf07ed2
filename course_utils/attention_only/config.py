"""All that decides a run of the attention-only transformer, and which of its steps are kept."""

from dataclasses import dataclass

import torch

from course_utils.attention_only.model import AttentionOnlyTransformer
from course_utils.training.kept_steps import log_spaced_steps


@dataclass(frozen=True)
class InductionConfig:
    """A network and its training; `vocabulary` does not count the start token, `length` neither.

    `periods` are the least and the greatest period of training sequences. Raises ValueError for steps < 1 and length < 4.
    """

    vocabulary: int = 32
    length: int = 32
    d_model: int = 32
    n_heads: int = 4
    n_layers: int = 2
    positions: bool = True
    periods: tuple[int, int] = (4, 20)
    learning_rate: float = 1e-2
    weight_decay: float = 0.3
    batch: int = 32
    steps: int = 800
    dense: tuple[int, int, int] = (120, 360, 10)
    measure_every: int = 20
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.length < 4:
            raise ValueError(f"got steps={self.steps}, length={self.length}; expected at least 1 step and length 4")

    @property
    def checkpoint_steps(self) -> list[int]:
        """Log-spaced steps, and within `dense` (first, last, every) evenly spaced ones, where the transition is expected."""
        first, last, every = self.dense
        dense = range(first, min(last, self.steps) + 1, every)
        return sorted({*log_spaced_steps(self.steps), *dense})

    @property
    def measured_steps(self) -> list[int]:
        return sorted({*self.checkpoint_steps, *range(0, self.steps + 1, self.measure_every)})

    def build_model(self) -> AttentionOnlyTransformer:
        """An uninitialised network of this size."""
        return AttentionOnlyTransformer(
            self.vocabulary + 1, self.length + 1, self.d_model, self.n_heads, self.n_layers, self.positions
        )

    def initial_model(self) -> AttentionOnlyTransformer:
        """The network at step 0 of this config's seed."""
        return self.build_model().initialise_(torch.Generator().manual_seed(2 * self.seed))
