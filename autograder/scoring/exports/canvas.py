"""Grades for other systems: a plain table, Canvas's gradebook import, Gradescope's.

Everything is read from nbgrader's gradebook, so manual scores and late penalties are in it, and from the records of the
last grading run, so that a student who could not be graded has an empty score and a reason, never a 0.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from autograder.course import Course
from autograder.keeping.spreadsheet_text import not_a_formula
from autograder.keeping.whole_files import write_whole
from autograder.scoring import gradebook
from autograder.scoring.statuses import UNGRADED

_CANVAS_NAMES = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]


class RosterMismatch(ValueError):
    """The roster and the course do not go together."""


def export(name: str, course: Course, kind: str, roster: Path | None = None) -> Path:
    """Write the grades of an assignment in the form of another system, and return the file.

    `roster` is Canvas's own export of its gradebook, which says how it calls its students. Raises FileNotFoundError where
    nothing was graded yet, RosterMismatch where the roster lacks columns or a graded student.
    """
    table = grade_rows(name, course)
    if roster is not None and kind != "canvas":
        raise RosterMismatch(f"--roster goes with --format canvas, not with {kind}")
    made = FORMATS[kind](table, name, roster)
    path = course.root / "grades" / f"{name}-{kind}.csv"
    write_whole(path, made.map(_safe).to_csv(index=False))
    return path


def grade_rows(name: str, course: Course) -> pd.DataFrame:
    """One row a student: student_id, status, score, late_penalty, max_score, needs_manual_grade, then each exercise.

    `score` has the late penalty taken off; it is missing where the submission could not be graded.
    """
    records = {}
    for path in sorted(course.records(name).glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        records[record["student"]] = record["status"]
    if not records:
        raise FileNotFoundError(
            f"{course.root} holds no grades of {name} yet: run `python -m autograder grade {name} --course {course.root}`"
        )
    entered = gradebook.all_grades(name, course)
    maximum = gradebook.max_score(name, course)
    rows = []
    for student, status in records.items():
        grades = entered.get(student)
        known = grades is not None and status.split()[0] not in UNGRADED
        row = {"student_id": student, "status": status, "score": grades.total if known else None}
        row |= {"late_penalty": grades.late_penalty if known else None, "max_score": maximum}
        row |= {"needs_manual_grade": bool(grades and grades.needs_manual_grade)}
        rows.append(row | (grades.scores if known else {}))
    return pd.DataFrame(rows)


def _plain(table: pd.DataFrame, name: str, roster: Path | None) -> pd.DataFrame:
    return table


def _canvas(table: pd.DataFrame, name: str, roster: Path | None) -> pd.DataFrame:
    """Canvas's import: its five columns, then the assignment, with a row of points possible before the students."""
    if roster is None:
        people = pd.DataFrame({column: "" for column in _CANVAS_NAMES}, index=table.index)
        people["SIS User ID"] = table["student_id"]
        people["Student"] = table["student_id"]
        scores = table["score"]
    else:
        people, scores = _from_roster(table, roster)
    possible = {column: "" for column in _CANVAS_NAMES} | {
        "Student": "    Points Possible",
        name: table["max_score"].iloc[0],
    }
    return pd.concat([pd.DataFrame([possible]), people.assign(**{name: scores})], ignore_index=True)


def _from_roster(table: pd.DataFrame, roster: Path) -> tuple[pd.DataFrame, pd.Series]:
    people = pd.read_csv(roster, dtype=str, keep_default_na=False)
    if missing := [column for column in ("Student", "ID", "SIS Login ID") if column not in people]:
        raise RosterMismatch(
            f"{roster} has no column {', '.join(missing)}: expected what Canvas exports from its gradebook"
        )
    people = people[people["ID"].str.strip() != ""].reset_index(drop=True)
    people = people.reindex(columns=_CANVAS_NAMES, fill_value="")
    scores = pd.Series([None] * len(people), dtype=object)
    for _, row in table.iterrows():
        found = people.index[(people[["ID", "SIS User ID", "SIS Login ID"]] == row["student_id"]).any(axis=1)]
        if len(found) != 1:
            raise RosterMismatch(
                f"{row['student_id']} was graded, and {roster} names {len(found)} students by that ID, SIS User ID "
                "or SIS Login ID; expected one"
            )
        scores[found[0]] = row["score"]
    return people, scores


def _gradescope(table: pd.DataFrame, name: str, roster: Path | None) -> pd.DataFrame:
    """The columns of a Gradescope assignment's own export: SID, total, maximum, status, lateness, then each question."""
    status = table["score"].notna().map({True: "Graded", False: "Missing"})
    head = pd.DataFrame({"SID": table["student_id"], "Total Score": table["score"], "Max Points": table["max_score"]})
    head = head.assign(Status=status, **{"Late Penalty": table["late_penalty"]})
    questions = table.columns[list(table.columns).index("needs_manual_grade") + 1 :]
    return head.join(table[questions].rename(columns={id: f"{n}: {id}" for n, id in enumerate(questions, 1)}))


FORMATS: dict[str, Callable[[pd.DataFrame, str, Path | None], pd.DataFrame]] = {
    "csv": _plain,
    "canvas": _canvas,
    "gradescope": _gradescope,
}


def _safe(value: object) -> object:
    return not_a_formula(value) if isinstance(value, str) else value
