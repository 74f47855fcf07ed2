"""Members in any order."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_utils.checking.comparators.base import Comparator, Mismatch
from course_utils.checking.comparators.words import describe, listed, sequence, type_reason


@dataclass(frozen=True)
class SameSet(Comparator):
    """Whole numbers or strings, each once, in any order: a set, list, tuple or 1-D integer array."""

    name: ClassVar[str] = "same_set"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        members, wanted = self._members(got), self._members(expected)
        if members is None or wanted is None:
            return Mismatch(describe(got), describe(expected), type_reason(got, expected))
        if len(set(members)) != len(members):
            return Mismatch(describe(got), describe(expected), "a member stands more than once")
        missing, extra = set(wanted) - set(members), set(members) - set(wanted)
        if not missing and not extra:
            return None
        said = [f"missing {listed(missing)}" if missing else "", f"too many {listed(extra)}" if extra else ""]
        return Mismatch(describe(got), describe(expected), "; ".join(filter(None, said)))

    @staticmethod
    def _members(value: object) -> list | None:
        members = sorted(value, key=str) if type(value) is set else sequence(value)
        if isinstance(value, np.ndarray) and value.ndim == 1 and value.size == 0:
            members = []
        if members is None or not all(type(member) in (int, str) for member in members):
            return None
        return members


def same_set() -> SameSet:
    """The same members in any order."""
    return SameSet()
