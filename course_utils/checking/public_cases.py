"""The public cases of an exercise: inputs with expected outputs, and what each known misconception gives for them.

They ship as data, one file an exercise, written by `python -m autograder build` from the solved notebook. They are all
that a student's machine knows of an exercise: the fresh cases that a grading run draws are not among them.
"""

import json
from dataclasses import dataclass
from importlib.resources import files

from course_utils.checking.comparators import Comparator, from_json
from course_utils.checking.given_objects import build, is_given
from course_utils.checking.outcomes import Outcome, read_outcome
from course_utils.checking.plain_data import decode


@dataclass(frozen=True)
class Case:
    """One call of the student's function: a label for people, and its inputs in encoded form, by parameter name."""

    label: str
    encoded: dict

    def inputs(self, *, tensors: bool = True) -> dict:
        """The arguments, made anew at each call, so that a function that changes them in place harms nothing.

        Without tensors, as a comparator wants them, objects that have to be built are left out.
        """
        plain = {name: form for name, form in self.encoded.items() if not is_given(form)}
        given = {name: build(form) for name, form in self.encoded.items() if tensors and is_given(form)}
        return {**{name: decode(form, tensors=tensors) for name, form in plain.items()}, **given}


@dataclass(frozen=True)
class Misconception:
    """A wrong solution that real students write: what to tell them, which hint helps, what it gives for the cases."""

    name: str
    cause: str
    hint: str
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True)
class CaseSet:
    """The cases of one exercise with the expected outcomes, how to compare, and the known misconceptions."""

    exercise: str
    compare: Comparator
    cases: tuple[Case, ...]
    expected: tuple[Outcome, ...]
    misconceptions: tuple[Misconception, ...]


def load_public_cases(exercise: str) -> CaseSet:
    """The public cases of an exercise; raises LookupError, naming the known ones, for an id that is not there."""
    folder = files("course_utils") / "data" / "public_cases"
    path = folder / f"{exercise}.json"
    if not path.is_file():
        known = sorted(entry.name.removesuffix(".json") for entry in folder.iterdir() if entry.name.endswith(".json"))
        raise LookupError(f"check: there is no exercise {exercise!r}. The exercises are: {', '.join(known)}.")
    return read_case_set(json.loads(path.read_text(encoding="utf-8")))


def read_case_set(form: dict) -> CaseSet:
    """A case set from its JSON form."""
    return CaseSet(
        exercise=form["exercise"],
        compare=from_json(form["compare"]),
        cases=tuple(Case(case["label"], case["inputs"]) for case in form["cases"]),
        expected=tuple(read_outcome(outcome) for outcome in form["expected"]),
        misconceptions=tuple(_read_misconception(entry) for entry in form["misconceptions"]),
    )


def _read_misconception(form: dict) -> Misconception:
    outcomes = tuple(read_outcome(outcome) for outcome in form["outcomes"])
    return Misconception(form["name"], form["cause"], form["hint"], outcomes)
