"""Verdicts -> nbgrader's gradebook, through nbgrader's own preprocessors, so that formgrader and exports see them.

Manual scores and comments are nbgrader's, and saving again never touches them.
"""

import hashlib
import os
import sys
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from nbformat import NotebookNode
from nbgrader.api import Assignment as Assignment_
from nbgrader.api import (
    Grade,
    Gradebook,
    GradeCell,
    MissingEntry,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.apps.api import NbGraderAPI
from nbgrader.preprocessors import AssignLatePenalties, SaveAutoGrades
from sqlalchemy.exc import DatabaseError, SAWarning
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from autograder.assignments import ROOT, Assignment
from autograder.authoring.notebooks import as_text, check_id, exercise_of, release_settings, solved_notebook
from autograder.course import Course, nbgrader_id
from autograder.keeping.whole_files import write_whole

_CONFIG = """\
# Written by `python -m autograder`, so that nbgrader and its formgrader, started here, use the settings of the kit.
load_subconfig("nbgrader_config.py", path={path!r})  # noqa: F821
c.CourseDirectory.root = {root!r}  # noqa: F821
"""


class GradebookUnusable(RuntimeError):
    """The gradebook cannot be read or written at the moment."""


@contextmanager
def usable(course: Course) -> Iterator[None]:
    """Say plainly what is wrong where the database fails within the block; raises GradebookUnusable."""
    try:
        yield
    except DatabaseError as error:
        raise GradebookUnusable(
            f"{course.root / 'gradebook.db'}: {error.orig}. Is formgrader or another command at work on it? Close it, see that "
            "the disk has room, then go on with --resume: what is graded stays graded"
        ) from error


class RegistrationFailed(RuntimeError):
    """nbgrader refused to take the assignment into the gradebook."""


def register(assignment: Assignment, course: Course) -> None:
    """Make nbgrader's gradebook and formgrader know an assignment: its source, its release, its cells and points.

    Raises RegistrationFailed where nbgrader refuses, as it does if exercises changed after submissions were graded.
    """
    source, text = course.source(assignment.name), as_text(solved_notebook(assignment))
    digest = hashlib.sha256(text.encode()).hexdigest()
    _write_config(course)
    if _is_registered(assignment.name, course, digest):
        return
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    with _scripts_on_path():
        result = NbGraderAPI(config=_config(course)).generate_assignment(assignment.name, force=True)
    if not result["success"]:
        raise RegistrationFailed(
            f"nbgrader could not register {assignment.name} in {course.root}: {_last_line(result)}. "
            "If exercises were added or removed since the class was graded, grade into a new course directory."
        )
    write_whole(course.registered(assignment.name), digest)


def _is_registered(name: str, course: Course, digest: str) -> bool:
    """Whether nbgrader was told of this very source, and the gradebook still knows it; telling it again takes long."""
    stamp, database = course.registered(name), course.root / "gradebook.db"
    if not (stamp.is_file() and database.is_file() and stamp.read_text(encoding="utf-8") == digest):
        return False
    with Gradebook(course.db_url) as gradebook:
        try:
            return bool(gradebook.find_notebook(name, name).grade_cells)
        except MissingEntry:
            return False


@contextmanager
def _scripts_on_path() -> Iterator[None]:
    """The scripts beside this Python on PATH: nbgrader calls `alembic` by name to make a new gradebook."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{before}"
    try:
        yield
    finally:
        os.environ["PATH"] = before


def _last_line(result: dict) -> str:
    text = result.get("error") or result.get("log") or "no reason given"
    return text.strip().splitlines()[-1]


def _write_config(course: Course) -> None:
    path = course.root / "nbgrader_config.py"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_CONFIG.format(path=str(ROOT), root=str(course.root.resolve())), encoding="utf-8")


class SettingsUnusable(RuntimeError):
    """The course's own nbgrader_config.py cannot be read."""


def _config(course: Course) -> Config:
    """The settings of the kit, and over them those of the course's nbgrader_config.py: late penalties, for one.

    Raises SettingsUnusable where that file ends in an error.
    """
    path = course.root.resolve() / "nbgrader_config.py"
    return _settings_with(path, path.stat().st_mtime_ns if path.is_file() else 0)


@lru_cache(maxsize=4)
def _settings_with(path: Path, changed: int) -> Config:
    config = release_settings()
    if changed:
        if (
            str(path.parent) not in sys.path
        ):  # last, so that it hides nothing: plugins of the course lie beside the file
            sys.path.append(str(path.parent))
        try:
            config.merge(PyFileConfigLoader(path.name, path=str(path.parent)).load_config())
        except Exception as error:
            raise SettingsUnusable(
                f"{path} ends in {type(error).__name__}: {error}. Mend it, then grade again"
            ) from error
    config.CourseDirectory.root = str(path.parent)
    return config


def save_verdicts(notebook: NotebookNode, assignment: str, course: Course, student: str) -> None:
    """Enter the verdicts that stand in a notebook's check cells, and the late penalty if there is one."""
    _ensure_submission(assignment, course, student)
    resources = {
        "nbgrader": {
            **{"notebook": assignment, "assignment": assignment},
            **{"student": nbgrader_id(student), "db_url": course.db_url},
        }
    }
    for preprocessor in (SaveAutoGrades, AssignLatePenalties):
        preprocessor(config=_config(course)).preprocess(notebook, resources)


def _ensure_submission(assignment: str, course: Course, student: str) -> None:
    # nbgrader adds to a submission before it is in the session, which works, and which SQLAlchemy warns about each time.
    with Gradebook(course.db_url) as gradebook, warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        gradebook.update_or_create_student(nbgrader_id(student))
        timestamp = course.timestamp(student, assignment)
        given = {"timestamp": timestamp} if timestamp else {}
        gradebook.update_or_create_submission(assignment, nbgrader_id(student), **given)


def save_ungraded(assignment: str, course: Course, student: str) -> None:
    """Enter a submission that could not be graded: no automatic score, and marked for a person to look at."""
    _ensure_submission(assignment, course, student)
    with Gradebook(course.db_url) as gradebook:
        submission = gradebook.find_submission_notebook(assignment, assignment, nbgrader_id(student))
        for grade in submission.grades:
            grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
        gradebook.db.commit()


def reviewed(assignment: str, course: Course, student: str) -> frozenset[str]:
    """The answers of a submission that have a person's score and need nobody to look again; none before the first grading."""
    with Gradebook(course.db_url) as gradebook:
        try:
            grades = gradebook.find_submission_notebook(assignment, assignment, nbgrader_id(student)).grades
        except MissingEntry:
            return frozenset()
        return frozenset(g.cell.name for g in grades if g.manual_score is not None and not g.needs_manual_grade)


def keep_reviewed(answers: Collection[str], assignment: str, course: Course, student: str) -> None:
    """Say of some answers that a person has looked at them, as nbgrader forgets that whenever it saves."""
    with Gradebook(course.db_url) as gradebook:
        for grade in gradebook.find_submission_notebook(assignment, assignment, nbgrader_id(student)).grades:
            if grade.cell.name in answers:
                grade.needs_manual_grade = False
        gradebook.db.commit()


def leave_to_a_person(exercises: list[str], assignment: str, course: Course, student: str) -> None:
    """Take back the automatic scores of some exercises of a submission, and mark them for a person to look at."""
    names = {check_id(exercise) for exercise in exercises}
    with Gradebook(course.db_url) as gradebook:
        for grade in gradebook.find_submission_notebook(assignment, assignment, nbgrader_id(student)).grades:
            if grade.cell.name in names:
                grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
        gradebook.db.commit()


@dataclass(frozen=True)
class Grades:
    """All that the gradebook holds of one submission: `total` has the late penalty taken off."""

    total: float
    late_penalty: float
    needs_manual_grade: bool
    scores: dict[str, float | None]
    comments: dict[str, str] = field(default_factory=dict)  # of persons; only where one submission was asked for


def all_grades(assignment: str, course: Course) -> dict[str, Grades]:
    """What the gradebook holds of every submission of an assignment, by `nbgrader_id`, read in one go."""
    with Gradebook(course.db_url) as gradebook:
        return _grades(gradebook, assignment)


def grades_of(assignment: str, course: Course, student: str) -> tuple[Grades, float]:
    """What the gradebook holds of one submission, exercises in the notebook's order, and the points it gives at most."""
    with Gradebook(course.db_url) as gradebook:
        grades = replace(
            _grades(gradebook, assignment, student)[nbgrader_id(student)],
            comments=_comments(gradebook, assignment, student),
        )
        return grades, gradebook.find_assignment(assignment).max_score


def _comments(gradebook: Gradebook, assignment: str, student: str) -> dict[str, str]:
    comments = gradebook.find_submission_notebook(assignment, assignment, nbgrader_id(student)).comments
    return {exercise_of(comment.name): comment.manual_comment for comment in comments if comment.manual_comment}


def _grades(gradebook: Gradebook, assignment: str, student: str | None = None) -> dict[str, Grades]:
    columns = (Grade.manual_score, Grade.auto_score, Grade.extra_credit, Grade.needs_manual_grade)
    query = (
        gradebook.db.query(
            SubmittedAssignment.student_id, SubmittedNotebook.late_submission_penalty, GradeCell.name, *columns
        )
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .join(GradeCell, GradeCell.id == Grade.cell_id)
        .join(Assignment_, Assignment_.id == SubmittedAssignment.assignment_id)
        .filter(Assignment_.name == assignment)
    )
    if student is not None:
        query = query.filter(SubmittedAssignment.student_id == nbgrader_id(student))
    cells = gradebook.find_notebook(assignment, assignment).grade_cells
    order = {cell.name: place for place, cell in enumerate(cells)}
    found: dict[str, tuple[float, dict]] = {}
    waiting = set()
    for owner, penalty, cell, manual, automatic, extra, needs_person in query.all():
        found.setdefault(owner, (penalty or 0.0, {}))[1][cell] = _score(manual, automatic, extra)
        if needs_person:
            waiting.add(owner)
    return {
        owner: Grades(
            sum(score or 0.0 for score in scores.values()) - penalty,
            penalty,
            owner in waiting,
            {exercise_of(cell): scores[cell] for cell in sorted(scores, key=order.__getitem__)},
        )
        for owner, (penalty, scores) in found.items()
    }


def _score(manual: float | None, automatic: float | None, extra: float | None) -> float | None:
    entered = [score for score in (manual, automatic) if score is not None]
    return entered[0] + (extra or 0.0) if entered else None


def max_score(assignment: str, course: Course) -> float:
    """The points that an assignment gives at most."""
    with Gradebook(course.db_url) as gradebook:
        return gradebook.find_assignment(assignment).max_score
