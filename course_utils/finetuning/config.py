"""All that decides a fine-tuning run, and which of its steps are kept."""

from dataclasses import dataclass, field

from course_utils.training.kept_steps import log_spaced_steps
from course_utils.training.selection import select_steps
from course_utils.training.weight_storage import PRECISIONS

SAVED_CHECKPOINTS = 12  # log-spaced, unless a config says otherwise


@dataclass(frozen=True)
class FineTuningConfig:
    """Settings of a fine-tuning run; `window` in tokens, `batch` in windows, `learning_rate` after `warmup_steps` updates.

    Weights are kept at `checkpoint_steps`; where none are given, every `save_every` updates; where that is None too, at 12
    log-spaced steps. The ends are always among them. Every `measure_every` updates, and at kept steps, the model is measured.
    `dtype` is the precision of kept weights (see `weight_storage`), `threads` the number of torch's threads: the same number
    gives the same curve. Raises ValueError for settings that fit nothing.
    """

    window: int = 64
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_steps: int = 10
    steps: int = 300
    save_every: int | None = None
    checkpoint_steps: tuple[int, ...] = field(default=())
    measure_every: int = 20
    seed: int = 0
    dtype: str = "float32"
    threads: int = 1

    def __post_init__(self) -> None:
        for name, least in (("window", 2), ("batch", 1), ("steps", 1), ("measure_every", 1), ("threads", 1)):
            if getattr(self, name) < least:
                raise ValueError(f"got {name}={getattr(self, name)}; expected at least {least}")
        if self.save_every is not None and self.save_every < 1:
            raise ValueError(f"got save_every={self.save_every}; expected at least 1, or None for log-spaced steps")
        if self.dtype not in PRECISIONS:
            raise ValueError(f"got dtype={self.dtype!r}; expected one of {', '.join(PRECISIONS)}")
        if wrong := [step for step in self.checkpoint_steps if not 0 <= step <= self.steps]:
            raise ValueError(f"got checkpoint_steps with {wrong}; expected steps from 0 to {self.steps}")
        object.__setattr__(self, "checkpoint_steps", tuple(sorted({0, self.steps, *self._wanted_steps()})))

    def _wanted_steps(self) -> list[int]:
        if self.checkpoint_steps:
            return list(self.checkpoint_steps)
        if self.save_every is not None:
            return list(range(0, self.steps, self.save_every))
        return select_steps(log_spaced_steps(self.steps), SAVED_CHECKPOINTS)

    def is_measured(self, step: int) -> bool:
        """Whether the model is measured after an update: at every kept step and every `measure_every`."""
        return step in self.checkpoint_steps or step % self.measure_every == 0
