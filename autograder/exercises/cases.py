"""The cases of one grading run: the public ones first, then fresh ones drawn from the run's nonce."""

import json
from dataclasses import dataclass

from autograder.exercises import PUBLIC, Exercise, find_exercise


@dataclass(frozen=True)
class RunCases:
    """The cases of one exercise in one grading run, as JSON forms; the first `public` of them are the public ones."""

    exercise: Exercise
    forms: tuple[dict, ...]
    public: int


def public_cases(assignment: str, exercises: list[str]) -> dict[str, RunCases]:
    """The cases that ship with the exercises."""
    found = {id: find_exercise(assignment, id) for id in exercises}
    return {id: _cases(exercise, exercise.draw(PUBLIC), []) for id, exercise in found.items()}


def run_cases(assignment: str, exercises: list[str], nonce: str) -> dict[str, RunCases]:
    """The cases of a grading run; the same nonce gives the same cases."""
    found = {id: find_exercise(assignment, id) for id in exercises}
    return {id: _cases(exercise, exercise.draw(PUBLIC), exercise.draw(nonce)) for id, exercise in found.items()}


def _cases(exercise: Exercise, public: list, fresh: list) -> RunCases:
    return RunCases(exercise, tuple(case.to_json() for case in [*public, *fresh]), len(public))


def case_files(cases: dict[str, RunCases]) -> dict[str, str]:
    """What the kernel of a graded notebook finds in its folder of cases: inputs, and nothing else."""
    return {f"{id}.json": json.dumps(run.forms) for id, run in cases.items()}
