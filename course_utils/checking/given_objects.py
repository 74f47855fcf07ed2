"""Arguments of a case that are not plain data, such as the rest of a network: built where the student's code runs.

A case then holds the object's name and the plain values that it is made of:

    {"$": "given", "name": "mlp_readout", "values": {"W_in": ..., "W_out": ...}}

Only names that `course_utils.registry` lists are built, and only inputs hold them: an answer with such a form is refused like
any other that is not plain data, so nothing that a student's kernel hands out decides what the grader builds.
"""

from collections.abc import Callable
from pkgutil import resolve_name

from course_utils.checking.plain_data import NotPlainData, decode
from course_utils.registry import GIVEN_OBJECTS


def is_given(form: object) -> bool:
    """Whether an encoded input stands for an object that has to be built."""
    return type(form) is dict and form.get("$") == "given"


def build(form: dict) -> Callable:
    """The object that a form stands for. Raises NotPlainData for a name that is not known."""
    name = form.get("name")
    if name not in GIVEN_OBJECTS:
        raise NotPlainData(f"got a given object {name!r}; expected one of {', '.join(GIVEN_OBJECTS)}")
    make = resolve_name(GIVEN_OBJECTS[name])  # imported when a case asks for it, as most cases need no torch
    return make(**{key: decode(value, tensors=True) for key, value in form["values"].items()})
