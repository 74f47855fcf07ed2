"""True or False."""

from dataclasses import dataclass
from typing import ClassVar

from course_utils.checking.comparators.base import Comparator, Mismatch
from course_utils.checking.comparators.words import describe, type_reason


@dataclass(frozen=True)
class SameTruth(Comparator):
    """True or False. Refuses 0 and 1, strings and None: a verdict has to be one."""

    name: ClassVar[str] = "same_truth"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        if type(got) is not bool or type(expected) is not bool:
            return Mismatch(describe(got), describe(expected), type_reason(got, expected))
        return None if got == expected else Mismatch(describe(got), describe(expected))


def same_truth() -> SameTruth:
    """True or False."""
    return SameTruth()
