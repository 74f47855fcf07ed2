"""Answers -> verdicts: the only place where points are decided, from plain data, outside every kernel.

An exercise gets its points if every case agrees, public and fresh; there is no credit for some of them, as answers that
are right for some inputs are what a constant, a table of the public cases, or a lucky guess gives.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import nbformat
from nbformat import NotebookNode

from autograder.authoring.notebooks import check_id, exercise_of
from autograder.execution.answers import NoAnswer, read_answers
from autograder.execution.notebook import is_check
from autograder.exercises.cases import RunCases
from course_utils.checking.diagnosis import advice, likely_cause, mismatches, report
from course_utils.checking.outcomes import Outcome
from course_utils.checking.public_cases import CaseSet


@dataclass(frozen=True)
class Verdict:
    """What became of one exercise: points, and what to tell the student; `undecided` where a person has to look."""

    exercise: str
    passed: bool
    points: float
    max_points: float
    message: str
    undecided: bool = False


@dataclass(frozen=True)
class Grading:
    """What a run scores against: for each exercise its cases and what is expected for them."""

    cases: Mapping[str, RunCases]
    expected: Mapping[str, CaseSet]


def score(
    executed: NotebookNode,
    grading: Grading,
    notices: Mapping[str, str] | None = None,
    judge: Callable[[NotebookNode, str], Verdict] | None = None,
) -> list[Verdict]:
    """A verdict for each check cell of an executed notebook.

    `notices` says, by cell id, what befell a cell (it ran out of time, its kernel died); the message then says so. A cell that
    checks no exercise is about the study that was handed in: `judge` decides on it, given what befell it.
    """
    notices = notices or {}
    return [_of_cell(cell, grading, notices, judge) for cell in executed.cells if is_check(cell)]


def _of_cell(
    cell: NotebookNode,
    grading: Grading,
    notices: Mapping[str, str],
    judge: Callable[[NotebookNode, str], Verdict] | None,
) -> Verdict:
    id = exercise_of(cell.metadata.nbgrader.grade_id)
    if id in grading.expected:
        return _verdict(cell, grading, notices)
    if judge is not None:
        return judge(cell, notices.get(cell.id, ""))
    message = f"{id}: the study that was handed in is not looked at here; grade with `python -m autograder grade`"
    return Verdict(id, False, 0.0, float(cell.metadata.nbgrader.points), message, undecided=True)


def _verdict(cell: NotebookNode, grading: Grading, notices: Mapping[str, str]) -> Verdict:
    exercise = exercise_of(cell.metadata.nbgrader.grade_id)
    points = float(cell.metadata.nbgrader.points)
    cases = grading.expected[exercise]
    try:
        outcomes = read_answers(cell, exercise, len(cases.cases))
    except NoAnswer as error:
        notice = notices.get(cell.id) or notices.get(exercise) or str(error)
        return Verdict(exercise, False, 0.0, points, f"{exercise}: {notice}")
    public = grading.cases[exercise].public
    wrong = mismatches(cases, outcomes)
    if not any(wrong):
        message = f"{exercise}: all cases pass ({public} public, {len(wrong) - public} fresh)"
        return Verdict(exercise, True, points, points, message)
    return Verdict(exercise, False, 0.0, points, _explain(cases, outcomes, public))


def _explain(cases: CaseSet, outcomes: list[Outcome], public: int) -> str:
    """What the check says about the public cases; about fresh ones only which kind fails, and the likely cause."""
    if all(outcome.error == "NotImplementedError" for outcome in outcomes):
        return f"{cases.exercise}: not answered yet"
    shown = report(_first(cases, public), outcomes[:public])
    if shown:
        return shown
    wrong = mismatches(cases, outcomes)
    failing = [case.label for case, mismatch in zip(cases.cases, wrong, strict=True) if mismatch]
    lines = [
        f"{cases.exercise}: the public cases pass, but {len(failing)} of {len(wrong) - public} fresh cases do not",
        f"  among them: {failing[0]}",
    ]
    return "\n".join(lines + advice(likely_cause(cases, outcomes, wrong)))


def _first(cases: CaseSet, count: int) -> CaseSet:
    """The same case set, cut to its first cases."""
    misconceptions = tuple(
        type(entry)(entry.name, entry.cause, entry.hint, entry.outcomes[:count]) for entry in cases.misconceptions
    )
    return CaseSet(cases.exercise, cases.compare, cases.cases[:count], cases.expected[:count], misconceptions)


def write_verdicts(notebook: NotebookNode, verdicts: list[Verdict]) -> NotebookNode:
    """The notebook with each check cell's outputs replaced by its verdict, in the form that nbgrader's gradebook reads.

    nbgrader counts an error output as no points and a plain one as all; nothing that a student's code printed is left.
    """
    written = nbformat.from_dict(notebook)
    by_id = {check_id(verdict.exercise): verdict for verdict in verdicts}
    for cell in written.cells:
        if is_check(cell):
            cell.outputs = [_as_output(by_id[cell.metadata.nbgrader.grade_id])]
    return written


def _as_output(verdict: Verdict) -> NotebookNode:
    if verdict.passed:
        return nbformat.v4.new_output("stream", name="stdout", text=verdict.message + "\n")
    lines = verdict.message.splitlines()
    return nbformat.v4.new_output("error", ename="CheckFailed", evalue=lines[0], traceback=lines)
