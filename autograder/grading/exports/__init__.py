"""Grades for other systems: a plain table, Canvas's gradebook import, Gradescope's.

Everything is read from nbgrader's gradebook, so manual scores and late penalties are in it, and from the records of the
last grading run, so that a student who could not be graded has an empty score and a reason, never a 0.

A new form is a function of the rows in a file of its own, and a line of `FORMATS`.
"""

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from autograder.course import Course
from autograder.grading.exports.canvas import canvas_table
from autograder.grading.exports.gradescope import gradescope_table
from autograder.grading.exports.roster import RosterMismatch
from autograder.grading.exports.rows import grade_rows
from autograder.keeping.spreadsheet_text import not_a_formula
from autograder.keeping.whole_files import write_whole

__all__ = ["FORMATS", "RosterMismatch", "export", "grade_rows"]

# Each makes of the rows of a class, the assignment's name and a roster, if one was given, the table that is written.
FORMATS: dict[str, Callable[[pd.DataFrame, str, Path | None], pd.DataFrame]] = {
    "csv": lambda rows, name, roster: rows,
    "canvas": canvas_table,
    "gradescope": gradescope_table,
}
WITH_ROSTER = ("canvas",)  # those whose system has names of its own for students


def export(name: str, course: Course, kind: str, roster: Path | None = None) -> Path:
    """Write the grades of an assignment in the form of another system, and return the file.

    `roster` is Canvas's own export of its gradebook, which says how it calls its students. Raises FileNotFoundError where
    nothing was graded yet, RosterMismatch where the roster lacks columns or a graded student.
    """
    if kind not in FORMATS:
        raise LookupError(f"there is no format {kind!r}: the grades can be written as {', '.join(FORMATS)}")
    table = grade_rows(name, course)
    if roster is not None and kind not in WITH_ROSTER:
        raise RosterMismatch(f"--roster goes with --format {' or '.join(WITH_ROSTER)}, not with {kind}")
    made = FORMATS[kind](table, name, roster)
    path = course.root / "grades" / f"{name}-{kind}.csv"
    write_whole(path, made.map(_safe).to_csv(index=False))
    return path


def _safe(value: object) -> object:
    return not_a_formula(value) if isinstance(value, str) else value
