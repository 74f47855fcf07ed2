"""The grader's side of the exercises, one module a notebook: how cases are drawn, and what counts as equal.

A module registers a generator for each exercise of its notebook::

    @exercise("attention_entropy", compare=close(rtol=1e-4, shape="heads query"))
    def attention_entropy(rng):
        yield case("a uniform row over 4 keys", pattern=tensor(uniform_pattern(4)))
        ...

The same generator gives the public cases, with a seed that everybody has, and the fresh cases of a grading run, with a
seed made from that run's nonce. Expected answers are never written down here: they are what the solved notebook gives.
"""

import hashlib
import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from course_utils.checking.comparators import Comparator
from course_utils.checking.plain_data import encode

PUBLIC = "public"  # the nonce of the public cases

_REGISTRY: dict[str, "Exercise"] = {}


@dataclass(frozen=True)
class DrawnCase:
    """A label for people and the encoded inputs, by parameter name."""

    label: str
    inputs: dict

    def to_json(self) -> dict:
        return {"label": self.label, "inputs": self.inputs}


@dataclass(frozen=True)
class Exercise:
    """How the cases of one exercise are drawn and compared."""

    id: str
    compare: Comparator
    generate: Callable[[np.random.Generator], Iterator[DrawnCase]]

    def draw(self, nonce: str) -> list[DrawnCase]:
        """The cases of a grading run: the same nonce gives the same cases, on every machine."""
        seed = int.from_bytes(hashlib.sha256(f"{nonce}/{self.id}".encode()).digest()[:16], "little")
        return list(self.generate(np.random.default_rng(seed)))


def exercise(id: str, compare: Comparator) -> Callable:
    """Register the generator of an exercise's cases."""

    def register(generate: Callable) -> Callable:
        _REGISTRY[id] = Exercise(id, compare, generate)
        return generate

    return register


def case(label: str, **inputs: object) -> DrawnCase:
    """One case: what to call it in messages, and the arguments of the student's function."""
    return DrawnCase(label, {name: _form(value) for name, value in inputs.items()})


@dataclass(frozen=True)
class _Formed:
    """An input that is already in its encoded form."""

    form: dict


def _form(value: object) -> object:
    return value.form if isinstance(value, _Formed) else encode(value)


def tensor(array: np.ndarray) -> _Formed:
    """An array that the student's function gets as a torch tensor. The grader itself needs no torch for that."""
    return _Formed({**encode(np.asarray(array)), "library": "torch"})


def given(name: str, **values: object) -> _Formed:
    """An object that `course_utils.checking.given_objects` builds in the student's kernel, by name, from plain values."""
    return _Formed({"$": "given", "name": name, "values": {key: _form(value) for key, value in values.items()}})


def load_exercises(assignment: str) -> None:
    """Register the exercises of an assignment; raises LookupError where it has no module."""
    try:
        importlib.import_module(f"autograder.exercises.{assignment}")
    except ModuleNotFoundError as error:
        raise LookupError(f"autograder/exercises/{assignment}.py is missing: it says how cases are drawn") from error


def find_exercise(assignment: str, id: str) -> Exercise:
    """A registered exercise; raises LookupError, saying where to write it, for one that is not there."""
    load_exercises(assignment)
    if id not in _REGISTRY:
        raise LookupError(f'autograder/exercises/{assignment}.py has no @exercise("{id}")')
    return _REGISTRY[id]
