"""Checkpoint suites: one model at many training steps, whoever trained it and wherever it lies.

    suite = load_suite("pun-world")                              ships with the kit
    suite = load_suite("runs/mine")                              a directory that a trainer of the kit wrote
    suite = load_suite("EleutherAI/pythia-70m")                  a repository on the hub, one revision per step
    suite = load_suite("allenai/OLMo-2-0425-1B", remote=True)    the same, run by NDIF instead of here

    suite.steps, suite.tokens(step), suite.select(10), suite.nearest(1000), suite.tokenizer, suite.verify()
    with suite.open(step) as model: ...                          an nnsight model; its memory is freed at the end

A question about training is a function of a model, asked at many steps, and that function should not know where the
weights came from. So every suite answers alike, and what differs between sources stays here.

Pitfalls: a published suite has the steps that its authors kept, and nothing is known between them; labels such as
"tokens3B" are rounded, so tokens are computed from step times batch; and published checkpoints have been wrong before
(the same weights under two steps), which `verify()` looks for."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from course_utils.training.hashing import tensors_hash
from course_utils.training.selection import nearest_step, select_steps

if TYPE_CHECKING:
    import pandas as pd


class Suite(ABC):
    """A model at many training steps: see the head of this file."""

    name: str
    tokenizer: Any = None

    @property
    @abstractmethod
    def steps(self) -> list[int]:
        """Every step that can be opened, ascending."""

    @abstractmethod
    def tokens(self, step: int) -> int | None:
        """Training tokens seen by a step, step times tokens per batch; None where the batch is not known."""

    @abstractmethod
    def weights(self, step: int) -> Mapping[str, Tensor]:
        """The tensors of a step by parameter name, on the CPU."""

    @abstractmethod
    def build(self, step: int) -> Any:
        """An nnsight model of a step; `open` is what to use, as it frees the memory."""

    def select(self, count: int, spacing: str = "log", include: Sequence[int] = ()) -> list[int]:
        """`count` existing steps, ends included, as even as they can be; see `select_steps` for what is raised."""
        return select_steps(self.steps, count, spacing, include)

    def nearest(self, step: int) -> int:
        """The existing step nearest to one, on a logarithmic axis."""
        return nearest_step(self.steps, step)

    @contextmanager
    def open(self, step: int) -> Iterator[Any]:
        """The model of a step, as an nnsight model in eval mode, its memory freed when the `with` block ends.

        Raises KeyError, naming the nearest steps, for a step that does not exist.
        """
        model = self.build(self.existing(step))
        try:
            yield model
        finally:
            _free(model)

    def existing(self, step: int) -> int:
        """The step itself as an int; raises KeyError, naming the nearest steps there are, where it does not exist."""
        if step not in self.steps:
            near = sorted(sorted(self.steps, key=lambda kept: abs(kept - step))[:4])
            raise KeyError(f"{self.name} has no step {step}; the nearest are {near}. suite.nearest({step}) picks one")
        return int(step)

    def weights_hash(self, step: int) -> str:
        """SHA-256 over all parameters of a step, names and shapes included, as hexadecimal digits."""
        return tensors_hash(self.weights(self.existing(step)))

    def recorded_loss(self, step: int) -> float | None:
        """The loss that was measured in training at a step, in nats; None where none was kept."""
        return None

    def label(self, step: int) -> str:
        """What the source calls a step."""
        return f"step {step}"

    def label_tokens(self, step: int) -> tuple[int, int] | None:
        """The range of tokens that a step's label can mean, as labels are rounded; None where it tells no tokens."""
        return None

    def verify(self, steps: Sequence[int] | None = None, progress: bool = True) -> "pd.DataFrame":
        """What is suspicious about this suite, one row per finding; see `verification`."""
        from course_utils.suites.verification import verify_suite  # scipy, which few other uses of a suite need

        return verify_suite(self, steps, progress)

    def __repr__(self) -> str:
        steps = self.steps
        return f"{type(self).__name__}({self.name!r}: {len(steps)} steps, {steps[0]} to {steps[-1]})"


def _free(model: Any) -> None:
    """Give back a model's memory even where somebody still holds the model: its tensors become empty ("meta")."""
    module = getattr(model, "_module", None)
    if isinstance(module, nn.Module):
        module.to("meta")
