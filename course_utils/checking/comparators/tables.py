"""Tables: columns of numbers or texts by name."""

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from course_utils.checking.comparators.base import Comparator, Mismatch
from course_utils.checking.comparators.numbers import Close
from course_utils.checking.comparators.words import describe, listed, type_reason


@dataclass(frozen=True)
class Table(Comparator):
    """Columns of numbers by name, in any order: a DataFrame or a dict of columns, each compared as `Close` does.

    `tolerances` gives (rtol, atol) for single columns; the others use `rtol` and `atol`. A column may also be a text, or a
    list of texts, which has to be equal.
    """

    name: ClassVar[str] = "table"
    rtol: float = 1e-4
    atol: float = 1e-8
    allow_nan: bool = False
    tolerances: dict = field(default_factory=dict)

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        columns, wanted = _columns(got), _columns(expected)
        if columns is None or wanted is None:
            return Mismatch(describe(got), describe(expected), type_reason(got, expected))
        if set(columns) != set(wanted):
            return Mismatch(f"columns {listed(columns)}", f"columns {listed(wanted)}")
        for name in wanted:
            if _is_text(wanted[name]):
                if not _is_text(columns[name]) or columns[name] != wanted[name]:
                    return Mismatch(f"{name}: {describe(columns[name])}", describe(wanted[name]))
                continue
            rtol, atol = self.tolerances.get(name, (self.rtol, self.atol))
            close = Close(rtol=rtol, atol=atol, allow_nan=self.allow_nan)
            if mismatch := close.compare(_column(columns[name]), _column(wanted[name])):
                return Mismatch(f"{name}: {mismatch.got}", mismatch.expected, mismatch.reason)
        return None


def _columns(value: object) -> dict | None:
    if type(value).__name__ == "DataFrame":
        return {name: value[name].to_numpy() for name in value.columns}
    return value if type(value) is dict and all(type(name) is str for name in value) else None


def _is_text(value: object) -> bool:
    """A text, or a list of texts with at least one in it."""
    return type(value) is str or (type(value) is list and bool(value) and all(type(item) is str for item in value))


def _column(value: object) -> object:
    numbers = type(value) is list and all(type(item) in (int, float) for item in value)
    return np.asarray(value) if numbers else value


def table(rtol: float = 1e-4, atol: float = 1e-8, allow_nan: bool = False, tolerances: dict | None = None) -> Table:
    """Columns of numbers by name."""
    return Table(rtol, atol, allow_nan, tolerances or {})
