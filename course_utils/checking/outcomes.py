"""What one call of a student's function came to: a plain value, an error, or something that cannot be handed out."""

import inspect
import random
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from course_utils.checking.figures import facts_of_answer, is_figure
from course_utils.checking.plain_data import NotPlainData, decode, encode

MAX_TEXT = 2000  # characters of an error message that are kept


@dataclass(frozen=True)
class Outcome:
    """One of three: `value` (decoded), `error` (its type's name, its message, where in the cell), or `refusal`."""

    value: object = None
    error: str = ""
    message: str = ""
    where: str = ""
    refusal: str = ""

    @property
    def is_value(self) -> bool:
        """True where the call gave a value that can be compared."""
        return not self.error and not self.refusal


@dataclass(frozen=True)
class Call:
    """An outcome in encoded form, with the live exception where there was one."""

    form: dict
    exception: Exception | None = None


def call(function: Callable, inputs: dict, seed: int = 0) -> Call:
    """Call a function with the inputs of a case, by parameter name, with the usual generators seeded.

    An error is no failure here: it is one of the things that a call can come to, and it is kept with its message.
    """
    _seed_generators(seed)
    try:
        inspect.signature(function).bind(**inputs)
    except TypeError as error:
        names = ", ".join(inputs)
        return Call(
            {"refusal": f"the function could not be called with ({names}): {error}. Keep the given parameter names."}
        )
    try:
        value = function(**inputs)
    except Exception as error:  # noqa: BLE001 - whatever a student's function raises is an outcome, and is reported
        form = {"error": type(error).__name__, "message": str(error)[:MAX_TEXT], "where": place_in_cell(error)}
        return Call(form, error)
    try:
        return Call({"value": encode(facts_of_answer(value) if is_figure(value) else value)})
    except NotPlainData as error:
        return Call({"refusal": str(error)})


def _seed_generators(seed: int) -> None:
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)


def place_in_cell(error: BaseException) -> str:
    """Where an error arose, as far as it is the student's own text: the frames that lie in notebook cells."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_cell(frame.filename)]
    return "\n".join(f"  line {frame.lineno} of the cell, in {frame.name}:\n      {frame.line}" for frame in frames)


def _is_cell(filename: str) -> bool:
    return "ipykernel_" in filename or filename.startswith(("<ipython-input", "<cell"))


def read_outcome(form: object) -> Outcome:
    """An outcome from its encoded form, trusting nothing; raises NotPlainData where it has none."""
    if type(form) is not dict:
        raise NotPlainData("an outcome is an object")
    if set(form) == {"value"}:
        return Outcome(value=decode(form["value"]))
    texts = {key: form.get(key, "") for key in ("error", "message", "where", "refusal")}
    if not set(form) <= set(texts) or not all(type(text) is str for text in texts.values()):
        raise NotPlainData("an outcome holds a value, an error or a refusal")
    if not texts["error"] and not texts["refusal"]:
        raise NotPlainData("an outcome holds a value, an error or a refusal")
    return Outcome(**{key: text[:MAX_TEXT] for key, text in texts.items()})
