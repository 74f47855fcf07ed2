"""Training steps, which checkpoints place no more finely than between two of them."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_utils.checking.comparators.base import Comparator, Mismatch
from course_utils.checking.comparators.words import describe, is_finite_number, number


@dataclass(frozen=True)
class StepInBracket(Comparator):
    """A training step that lies between the two checkpoints around the expected one.

    `steps` names the input that holds the checkpoints' steps. What lies between two checkpoints cannot be placed more
    finely, so any step from the checkpoint before the expected one to the one after it counts; None counts for None.
    """

    name: ClassVar[str] = "step_in_bracket"
    steps: str = "steps"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        if expected is None or got is None:
            return None if got is expected else Mismatch(describe(got), describe(expected))
        if not (is_finite_number(got) and is_finite_number(expected)):
            return Mismatch(describe(got), describe(expected), "expected one finite number, a training step")
        low, high = self.bracket(float(expected), np.asarray((inputs or {})[self.steps], dtype=float))
        if low <= got <= high:
            return None
        return Mismatch(describe(got), f"a step from {number(low)} to {number(high)}")

    @staticmethod
    def bracket(step: float, steps: np.ndarray) -> tuple[float, float]:
        """The last checkpoint before and the first one after a step, or the ends."""
        before, after = steps[steps < step], steps[steps > step]
        return (before.max() if before.size else steps.min(), after.min() if after.size else steps.max())


def step_in_bracket(steps: str = "steps") -> StepInBracket:
    """A step between the checkpoints around the expected one."""
    return StepInBracket(steps)
