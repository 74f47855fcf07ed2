"""Values in words, as messages show them, and what kind of value one is."""

import numpy as np


def is_numeric(value: object) -> bool:
    """Whether a value is a number or an array of numbers; True and False are not."""
    return (
        type(value) is float
        or (type(value) is int and abs(value) < 2**63)
        or (isinstance(value, np.ndarray) and value.dtype.kind in "iufc")
    )


def is_finite_number(value: object) -> bool:
    """Whether a value is one number, and not infinite."""
    return type(value) in (int, float) and abs(value) < 2**63


def sequence(value: object) -> list | None:
    """The members of a list, a tuple or an integer array; None for anything else."""
    if type(value) in (list, tuple):
        return list(value)
    if isinstance(value, np.ndarray) and value.ndim > 0 and value.dtype.kind in "iu":
        return value.tolist()
    return None


def describe(value: object, limit: int = 60) -> str:
    """A value on one short line."""
    if isinstance(value, np.ndarray) and (value.ndim or not is_numeric(value)):
        return f"an array of {value.dtype}, shape {tuple(value.shape)}"
    if isinstance(value, np.ndarray):
        return f"{number(value[()])} (an array without axes)"
    if type(value) is float:
        return number(value)
    if type(value).__name__ == "DataFrame":
        return f"a table with columns {listed(value.columns)}"
    text = f"{{{listed(value)}}}" if type(value) is set and value else repr(value)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def type_reason(got: object, expected: object) -> str:
    """Both kinds of value, where they differ."""
    return "" if type(got) is type(expected) else f"got {_type_name(got)}, expected {_type_name(expected)}"


def _type_name(value: object) -> str:
    names = {type(None): "None (is there a return?)", bool: "True or False", int: "a whole number", float: "a number"}
    names |= {str: "a string", set: "a set", dict: "a dict", list: "a list", tuple: "a tuple", np.ndarray: "an array"}
    return names.get(type(value), f"a {type(value).__name__}")


def number(value: object, digits: int = 4) -> str:
    """A number in a few digits."""
    if isinstance(value, (complex, np.complexfloating)):
        return f"{complex(value):.{digits}g}"
    if float(value) == int(value) if np.isfinite(value) else False:
        return str(int(value)) if not isinstance(value, (float, np.floating)) else f"{float(value):.1f}"
    return f"{float(value):.{digits}g}"


def at(array: np.ndarray, place: tuple[int, ...], digits: int = 4) -> str:
    """A number of an array, with its place unless the array holds one alone."""
    shown = number(array[place], digits)
    return f"{shown} at [{', '.join(map(str, place))}]" if place else shown


def first(mask: np.ndarray) -> tuple[int, ...]:
    """The place of the first True."""
    return tuple(int(index) for index in np.argwhere(mask)[0])


def distinguishable(one: np.ndarray, other: np.ndarray, place: tuple[int, ...]) -> tuple[str, str]:
    """Both numbers with as many digits as it takes to tell them apart."""
    for digits in (4, 6, 9, 17):
        got, expected = at(one, place, digits), number(other[place], digits)
        if number(one[place], digits) != expected:
            break
    return got, expected


def shape_in_words(array: np.ndarray) -> str:
    """The shape of an array, or that it is one number."""
    return str(tuple(array.shape)) if array.ndim else "() (one number)"


def kind(array: np.ndarray) -> str:
    """The kind of number that an array holds; float32 and float64 are one kind."""
    return {"i": "whole numbers", "u": "whole numbers", "f": "real numbers", "c": "complex numbers"}.get(
        array.dtype.kind, "no numbers"
    )


def listed(members: object) -> str:
    """Members in order, parted by commas."""
    return ", ".join(str(member) for member in sorted(members, key=_order))


def _order(member: object) -> tuple:
    return (str(type(member)), member if type(member) in (int, str) else str(member))
