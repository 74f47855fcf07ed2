"""Numbers: whole ones exactly, others within a tolerance."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from course_utils.checking.comparators.base import Comparator, Mismatch
from course_utils.checking.comparators.words import (
    at,
    describe,
    distinguishable,
    first,
    is_numeric,
    kind,
    number,
    sequence,
    shape_in_words,
    type_reason,
)


@dataclass(frozen=True)
class ExactIntegers(Comparator):
    """Whole numbers, or None, alone or in lists and tuples: every one equal.

    Accepts a list for a tuple and an integer array for either. Refuses True and False, and floats even where they are
    whole: a step is counted, not measured.
    """

    name: ClassVar[str] = "exact_integers"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        flat_got, flat_expected = sequence(got), sequence(expected)
        if (flat_got is None) != (flat_expected is None):
            return Mismatch(describe(got), describe(expected))
        if flat_got is None:
            return self._compare_one(got, expected)
        if len(flat_got) != len(flat_expected):
            return Mismatch(
                describe(got), describe(expected), f"{len(flat_got)} values, where {len(flat_expected)} were expected"
            )
        wrong = [self.compare(one, other) for one, other in zip(flat_got, flat_expected, strict=True)]
        if not any(wrong):
            return None
        return Mismatch(describe(got), describe(expected), next((m.reason for m in wrong if m and m.reason), ""))

    @staticmethod
    def _compare_one(got: object, expected: object) -> Mismatch | None:
        if type(got) is float or isinstance(got, np.ndarray):
            return Mismatch(describe(got), describe(expected), "a float is no whole number: return int(...)")
        if type(got) not in (int, str, type(None)) or type(got) is not type(expected):
            return Mismatch(describe(got), describe(expected))
        return None if got == expected else Mismatch(describe(got), describe(expected))


@dataclass(frozen=True)
class Close(Comparator):
    """Numbers or arrays of numbers: |got - expected| <= atol + rtol |expected| everywhere.

    `shape` names the axes in messages, as in "heads query". NaN is refused, unless `allow_nan`, where it must stand in
    the same places (for quantities that are honestly missing).
    """

    name: ClassVar[str] = "close"
    rtol: float = 1e-4
    atol: float = 1e-8
    shape: str = ""
    allow_nan: bool = False

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        return self.compare_form(got, expected) or self.compare_values(np.asarray(got), np.asarray(expected))

    def compare_form(self, got: object, expected: object) -> Mismatch | None:
        """Type, shape, kind of dtype, and NaN and infinity."""
        if not (is_numeric(got) and is_numeric(expected)):
            return Mismatch(describe(got), describe(expected), type_reason(got, expected))
        one, other = np.asarray(got), np.asarray(expected)
        if one.shape != other.shape:
            named = f" ({self.shape})" if self.shape else ""
            return Mismatch(f"shape {shape_in_words(one)}", f"shape {shape_in_words(other)}{named}")
        if kind(one) != kind(other):
            return Mismatch(f"{kind(one)} ({one.dtype})", f"{kind(other)} ({other.dtype})")
        return self._compare_finiteness(one, other)

    def _compare_finiteness(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        bad = ~np.isfinite(one)
        if self.allow_nan:
            bad &= ~(np.isnan(one) & np.isnan(other))
        if not bad.any():
            return None
        place = first(bad)
        what = "NaN" if np.isnan(one[place]) else "infinity"
        where = f"{int(bad.sum())} of {bad.size} values are NaN or infinite" if bad.size > 1 else f"the value is {what}"
        reason = f"{where}: look for 0/0, log(0), the mean of nothing, or an overflow"
        return Mismatch(at(one, place), number(other[place]), reason)

    def compare_values(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        """Values of two arrays of one shape."""
        wrong = ~np.isclose(one, other, rtol=self.rtol, atol=self.atol, equal_nan=self.allow_nan)
        if not wrong.any():
            return None
        place = first(wrong)
        reason = f"{int(wrong.sum())} of {wrong.size} values differ" if wrong.size > 1 else ""
        return Mismatch(*distinguishable(one, other, place), reason)


def exact_integers() -> ExactIntegers:
    """Whole numbers, exactly."""
    return ExactIntegers()


def close(rtol: float = 1e-4, atol: float = 1e-8, shape: str = "", allow_nan: bool = False) -> Close:
    """Numbers or arrays within atol + rtol |expected|."""
    return Close(rtol, atol, shape, allow_nan)
