"""A release with answers put in: how solved notebooks, wrong and right variants become submissions."""

from collections.abc import Mapping

import nbformat
from nbformat import NotebookNode

from autograder.assignments import Assignment
from autograder.authoring.marking import region
from autograder.authoring.notebooks import solved_notebook, student_notebook
from autograder.authoring.solved_script import BEGIN_SOLUTION, END_SOLUTION, without_markers


def fill(release: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """A copy of a release with the given answers, by exercise id or written id; raises KeyError for an unknown one."""
    filled = nbformat.from_dict(release)
    cells = {cell.metadata.nbgrader.grade_id: cell for cell in filled.cells if "nbgrader" in cell.metadata}
    for id, source in answers.items():
        cells[id].source = source
    return filled


def solved_answers(assignment: Assignment) -> dict[str, str]:
    """The answer of the solved notebook to every exercise and written question."""
    answers = {}
    for cell in solved_notebook(assignment).cells:
        metadata = cell.metadata.get("nbgrader", {})
        if metadata.get("solution"):
            written = metadata.get("grade", False)
            answers[metadata["grade_id"]] = _model_answer(cell.source) if written else without_markers(cell.source)
    return answers


def _model_answer(source: str) -> str:
    """The question, and below it the model answer, as in a student's cell."""
    question = source.partition(BEGIN_SOLUTION)[0].strip()
    return f"{question}\n\n{region(source, BEGIN_SOLUTION, END_SOLUTION)}"


def solved_submission(assignment: Assignment, **changed: str) -> NotebookNode:
    """What a perfect student hands in, with some answers changed."""
    return fill(student_notebook(solved_notebook(assignment)), {**solved_answers(assignment), **changed})
