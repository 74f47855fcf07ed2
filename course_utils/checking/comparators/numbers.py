"""Comparators: when does an answer count as equal to the expected one, and what is said when it does not?

Both sides use them: the check in the notebook, with the public cases, and the grader, with fresh ones. A comparator
takes two decoded plain values (see `course_utils.checking.plain_data`) and the inputs of the case, and returns None or a
`Mismatch`. It looks at type, then shape, then kind of dtype, then at NaN and infinity, and only then at values; it
never broadcasts and never raises. float32 and float64 count as one kind, and so do numpy arrays and torch tensors.

A comparator is data, so that it can travel with the public cases: `to_json` and `from_json`.
"""

from dataclasses import asdict, dataclass, field
from typing import ClassVar

import numpy as np

COMPARATORS: dict[str, type["Comparator"]] = {}


@dataclass(frozen=True)
class Mismatch:
    """What came, what was expected, and a sentence where the two alone do not say it."""

    got: str
    expected: str
    reason: str = ""

    def __str__(self) -> str:
        line = f"got {self.got}   expected {self.expected}"
        return f"{line}\n    {self.reason}" if self.reason else line


@dataclass(frozen=True)
class Comparator:
    """Base of all comparators; a subclass names itself and defines `compare`."""

    name: ClassVar[str] = ""

    def __init_subclass__(cls) -> None:
        COMPARATORS[cls.name] = cls

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        """None where the answer counts as equal to the expected one, else what differs."""
        raise NotImplementedError

    def to_json(self) -> dict:
        return {"comparator": self.name, **asdict(self)}


def from_json(form: dict) -> Comparator:
    """The comparator that `to_json` wrote down; raises KeyError for an unknown name."""
    arguments = dict(form)
    return COMPARATORS[arguments.pop("comparator")](**arguments)


@dataclass(frozen=True)
class ExactIntegers(Comparator):
    """Whole numbers, or None, alone or in lists and tuples: every one equal.

    Accepts a list for a tuple and an integer array for either. Refuses True and False, and floats even where they are
    whole: a step is counted, not measured.
    """

    name: ClassVar[str] = "exact_integers"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        flat_got, flat_expected = _sequence(got), _sequence(expected)
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


def _sequence(value: object) -> list | None:
    """The members of a list, a tuple or an integer array; None for anything else."""
    if type(value) in (list, tuple):
        return list(value)
    if isinstance(value, np.ndarray) and value.ndim > 0 and value.dtype.kind in "iu":
        return value.tolist()
    return None


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
        if not (_is_numeric(got) and _is_numeric(expected)):
            return Mismatch(describe(got), describe(expected), _type_reason(got, expected))
        one, other = np.asarray(got), np.asarray(expected)
        if one.shape != other.shape:
            named = f" ({self.shape})" if self.shape else ""
            return Mismatch(f"shape {_shape(one)}", f"shape {_shape(other)}{named}")
        if _kind(one) != _kind(other):
            return Mismatch(f"{_kind(one)} ({one.dtype})", f"{_kind(other)} ({other.dtype})")
        return self._compare_finiteness(one, other)

    def _compare_finiteness(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        bad = ~np.isfinite(one)
        if self.allow_nan:
            bad &= ~(np.isnan(one) & np.isnan(other))
        if not bad.any():
            return None
        place = _first(bad)
        what = "NaN" if np.isnan(one[place]) else "infinity"
        where = f"{int(bad.sum())} of {bad.size} values are NaN or infinite" if bad.size > 1 else f"the value is {what}"
        reason = f"{where}: look for 0/0, log(0), the mean of nothing, or an overflow"
        return Mismatch(_at(one, place), _number(other[place]), reason)

    def compare_values(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        """Values of two arrays of one shape."""
        wrong = ~np.isclose(one, other, rtol=self.rtol, atol=self.atol, equal_nan=self.allow_nan)
        if not wrong.any():
            return None
        place = _first(wrong)
        reason = f"{int(wrong.sum())} of {wrong.size} values differ" if wrong.size > 1 else ""
        return Mismatch(*_distinguishable(one, other, place), reason)


@dataclass(frozen=True)
class UpToSign(Close):
    """Vectors along `axis` (the last one unless said otherwise), each of which may have its sign flipped as a whole."""

    name: ClassVar[str] = "up_to_sign"
    axis: int = -1

    def compare_values(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        if one.ndim == 0:
            return super().compare_values(one, other)
        agreement = (one * other).real.sum(axis=self.axis, keepdims=True)
        return super().compare_values(one * np.where(agreement < 0, -1, 1), other)


@dataclass(frozen=True)
class UpToPermutation(Close):
    """Slices along `axis` in any order, and with `signs` each up to its sign.

    Where the order that came is not right as it is, it is found by the assignment that makes the summed absolute difference
    least.
    """

    name: ClassVar[str] = "up_to_permutation"
    axis: int = 0
    signs: bool = False

    def compare_values(self, one: np.ndarray, other: np.ndarray) -> Mismatch | None:
        as_it_is = super().compare_values(one, other)
        if as_it_is is None or one.ndim == 0 or one.size == 0:
            return as_it_is
        from scipy.optimize import linear_sum_assignment  # takes a third of a second, and most answers do without

        rows, wanted = (np.moveaxis(array, self.axis, 0).reshape(array.shape[self.axis], -1) for array in (one, other))
        distance = _distances(wanted, rows)
        if self.signs:
            flipped = _distances(wanted, -rows)
            sign, distance = np.where(flipped < distance, -1, 1), np.minimum(distance, flipped)
        _, order = linear_sum_assignment(distance)
        matched = rows[order] * (sign[np.arange(len(order)), order][:, None] if self.signs else 1)
        return super().compare_values(matched, wanted)


def _distances(wanted: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.stack([np.abs(rows - target).sum(axis=1) for target in wanted])


@dataclass(frozen=True)
class SameSet(Comparator):
    """Whole numbers or strings, each once, in any order: a set, list, tuple or 1-D integer array."""

    name: ClassVar[str] = "same_set"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        members, wanted = self._members(got), self._members(expected)
        if members is None or wanted is None:
            return Mismatch(describe(got), describe(expected), _type_reason(got, expected))
        if len(set(members)) != len(members):
            return Mismatch(describe(got), describe(expected), "a member stands more than once")
        missing, extra = set(wanted) - set(members), set(members) - set(wanted)
        if not missing and not extra:
            return None
        said = [f"missing {_listed(missing)}" if missing else "", f"too many {_listed(extra)}" if extra else ""]
        return Mismatch(describe(got), describe(expected), "; ".join(filter(None, said)))

    @staticmethod
    def _members(value: object) -> list | None:
        members = sorted(value, key=str) if type(value) is set else _sequence(value)
        if isinstance(value, np.ndarray) and value.ndim == 1 and value.size == 0:
            members = []
        if members is None or not all(type(member) in (int, str) for member in members):
            return None
        return members


@dataclass(frozen=True)
class SameTruth(Comparator):
    """True or False. Refuses 0 and 1, strings and None: a verdict has to be one."""

    name: ClassVar[str] = "same_truth"

    def compare(self, got: object, expected: object, inputs: dict | None = None) -> Mismatch | None:
        if type(got) is not bool or type(expected) is not bool:
            return Mismatch(describe(got), describe(expected), _type_reason(got, expected))
        return None if got == expected else Mismatch(describe(got), describe(expected))


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
        if not (_is_finite_number(got) and _is_finite_number(expected)):
            return Mismatch(describe(got), describe(expected), "expected one finite number, a training step")
        low, high = self.bracket(float(expected), np.asarray((inputs or {})[self.steps], dtype=float))
        if low <= got <= high:
            return None
        return Mismatch(describe(got), f"a step from {_number(low)} to {_number(high)}")

    @staticmethod
    def bracket(step: float, steps: np.ndarray) -> tuple[float, float]:
        """The last checkpoint before and the first one after a step, or the ends."""
        before, after = steps[steps < step], steps[steps > step]
        return (before.max() if before.size else steps.min(), after.min() if after.size else steps.max())


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
            return Mismatch(describe(got), describe(expected), _type_reason(got, expected))
        if set(columns) != set(wanted):
            return Mismatch(f"columns {_listed(columns)}", f"columns {_listed(wanted)}")
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


def _is_finite_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < 2**63


def _column(value: object) -> object:
    numbers = type(value) is list and all(type(item) in (int, float) for item in value)
    return np.asarray(value) if numbers else value


def _is_numeric(value: object) -> bool:
    return (
        type(value) is float
        or (type(value) is int and abs(value) < 2**63)
        or (isinstance(value, np.ndarray) and value.dtype.kind in "iufc")
    )


def _kind(array: np.ndarray) -> str:
    return {"i": "whole numbers", "u": "whole numbers", "f": "real numbers", "c": "complex numbers"}.get(
        array.dtype.kind, "no numbers"
    )


def _shape(array: np.ndarray) -> str:
    return str(tuple(array.shape)) if array.ndim else "() (one number)"


def _first(mask: np.ndarray) -> tuple[int, ...]:
    return tuple(int(index) for index in np.argwhere(mask)[0])


def _at(array: np.ndarray, place: tuple[int, ...], digits: int = 4) -> str:
    number = _number(array[place], digits)
    return f"{number} at [{', '.join(map(str, place))}]" if place else number


def _distinguishable(one: np.ndarray, other: np.ndarray, place: tuple[int, ...]) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart."""
    for digits in (4, 6, 9, 17):
        got, expected = _at(one, place, digits), _number(other[place], digits)
        if _number(one[place], digits) != expected:
            break
    return got, expected


def _number(value: object, digits: int = 4) -> str:
    if isinstance(value, (complex, np.complexfloating)):
        return f"{complex(value):.{digits}g}"
    if float(value) == int(value) if np.isfinite(value) else False:
        return str(int(value)) if not isinstance(value, (float, np.floating)) else f"{float(value):.1f}"
    return f"{float(value):.{digits}g}"


def _listed(members: object) -> str:
    return ", ".join(str(member) for member in sorted(members, key=_order))


def _order(member: object) -> tuple:
    return (str(type(member)), member if type(member) in (int, str) else str(member))


def _type_reason(got: object, expected: object) -> str:
    return "" if type(got) is type(expected) else f"got {_type_name(got)}, expected {_type_name(expected)}"


def _type_name(value: object) -> str:
    names = {type(None): "None (is there a return?)", bool: "True or False", int: "a whole number", float: "a number"}
    names |= {str: "a string", set: "a set", dict: "a dict", list: "a list", tuple: "a tuple", np.ndarray: "an array"}
    return names.get(type(value), f"a {type(value).__name__}")


def describe(value: object, limit: int = 60) -> str:
    """A value on one short line."""
    if isinstance(value, np.ndarray) and (value.ndim or not _is_numeric(value)):
        return f"an array of {value.dtype}, shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{_number(value[()])} (an array without axes)"
    if type(value) is float:
        return _number(value)
    if type(value).__name__ == "DataFrame":
        return f"a table with columns {_listed(value.columns)}"
    text = f"{{{_listed(value)}}}" if type(value) is set and value else repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def exact_integers() -> ExactIntegers:
    """Whole numbers, exactly."""
    return ExactIntegers()


def close(rtol: float = 1e-4, atol: float = 1e-8, shape: str = "", allow_nan: bool = False) -> Close:
    """Numbers or arrays within atol + rtol |expected|."""
    return Close(rtol, atol, shape, allow_nan)


def same_set() -> SameSet:
    """The same members in any order."""
    return SameSet()


def same_truth() -> SameTruth:
    """True or False."""
    return SameTruth()


def up_to_sign(axis: int = -1, rtol: float = 1e-4, atol: float = 1e-8, shape: str = "") -> UpToSign:
    """Vectors along an axis, each up to its sign."""
    return UpToSign(rtol, atol, shape, axis=axis)


def up_to_permutation(
    axis: int = 0, rtol: float = 1e-4, atol: float = 1e-8, shape: str = "", signs: bool = False
) -> UpToPermutation:
    """Slices along an axis in any order."""
    return UpToPermutation(rtol, atol, shape, axis=axis, signs=signs)


def step_in_bracket(steps: str = "steps") -> StepInBracket:
    """A step between the checkpoints around the expected one."""
    return StepInBracket(steps)


def table(rtol: float = 1e-4, atol: float = 1e-8, allow_nan: bool = False, tolerances: dict | None = None) -> Table:
    """Columns of numbers by name."""
    return Table(rtol, atol, allow_nan, tolerances or {})
