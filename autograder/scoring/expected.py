"""What submissions are held against: the notebooks of an assignment, the cases of a run, and what is expected for them."""

from functools import lru_cache
from pathlib import Path

from nbformat import NotebookNode

from autograder.assignments import find_assignment
from autograder.authoring.notebooks import exercise_ids, solved_notebook, student_notebook
from autograder.authoring.reference import reference
from autograder.exercises.cases import run_cases
from autograder.scoring.verdicts import Grading

_MOST_GRADINGS = 4
_gradings: dict[tuple[str, str, bool], Grading] = {}


def grading_for(name: str, nonce: str, sandboxed: bool = True, keep: Path | None = None) -> Grading:
    """The cases of a run and what is expected for them, worked out once in a process, or found in the file to `keep` it in."""
    found = _gradings.pop((name, nonce, sandboxed), None) or _grading(name, nonce, sandboxed, keep)
    _gradings[name, nonce, sandboxed] = found  # the newest last
    for oldest in list(_gradings)[:-_MOST_GRADINGS]:
        del _gradings[oldest]
    return found


def _grading(name: str, nonce: str, sandboxed: bool, keep: Path | None) -> Grading:
    assignment = find_assignment(name)
    cases = run_cases(name, exercise_ids(solved_notebook(assignment)), nonce)
    return Grading(cases, reference(assignment, cases, sandboxed=sandboxed, keep=keep))


@lru_cache(maxsize=4)
def solved_of(name: str) -> NotebookNode:
    """The solved notebook of an assignment; not to be changed."""
    return solved_notebook(find_assignment(name))


@lru_cache(maxsize=4)
def release_of(name: str) -> NotebookNode:
    """The student notebook of an assignment, as its solved script gives it; not to be changed."""
    return student_notebook(solved_of(name))
