"""A class of broken submissions, graded in one go: what is right in each of them counts, and what is not is explained."""

import functools
import json
import sys

import pandas as pd
import pytest

from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.execution.limits import MIB, Limits
from autograder.grade import grade
from autograder.grading import run as grading_run
from autograder.scoring import expected
from autograder.scoring.statuses import EXPLANATIONS, UNGRADED
from tests.broken import FOLDER_KINDS, KINDS
from tests.conftest import NONCE
from tests.hostile import assignment as averages
from tests.hostile.reading import EXERCISES

pytestmark = pytest.mark.whole_class

LIMITS = Limits(memory_bytes=600 * MIB, cell_seconds=10, notebook_seconds=60)
FIRST, SECOND = EXERCISES
NAMES = {"first": FIRST, "second": SECOND}


@pytest.fixture(scope="module")
def broken_class(sandbox, tmp_path_factory):
    """The course after grading, and its table."""
    root = tmp_path_factory.mktemp("broken")
    patch = pytest.MonkeyPatch()
    small = averages.make_assignment(root / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{averages.NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: small)
    patch.setattr(grading_run, "execute", functools.partial(grading_run.execute, limits=LIMITS))
    course = Course(root / "course")
    solved = as_text(solved_submission(small))
    for kind in KINDS:
        path = course.submitted(kind.name, averages.NAME) / f"{averages.NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(kind.make(json.loads(solved)))
    for kind in FOLDER_KINDS:
        folder = course.root / "submitted" / kind.name
        folder.mkdir()
        kind.make(folder, averages.NAME, solved)
    table = grade(small, course, nonce=NONCE, workers=2, progress=False)
    yield course, table.set_index("student_id")
    patch.undo()


def told(course: Course, student: str) -> str:
    return course.feedback(student, averages.NAME).read_text(encoding="utf-8")


def test_there_are_enough_kinds_and_none_is_there_twice():
    names = [kind.name for kind in (*KINDS, *FOLDER_KINDS)]
    assert len(names) == len(set(names)) >= 75


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_right_counts_and_what_is_not_is_told(broken_class, kind):
    course, table = broken_class
    row, lost = table.loc[kind.name], {NAMES[place] for place in kind.loses}
    assert row["status"] == kind.status, json.loads(course.record(kind.name, averages.NAME).read_text())["notes"]
    if kind.status in UNGRADED:
        assert pd.isna(row["score"]) and row[list(EXERCISES)].isna().all()
    else:
        expected = {id: 0.0 if id in lost else points for id, points in EXERCISES.items()}
        assert dict(row[list(EXERCISES)]) == expected, told(course, kind.name)
    notes = json.loads(course.record(kind.name, averages.NAME).read_text(encoding="utf-8"))["notes"]
    assert bool(notes) == (kind.status != "graded"), notes
    if kind.status != "graded":
        assert EXPLANATIONS[kind.status].split(".")[0] in told(course, kind.name)


@pytest.mark.parametrize("kind", FOLDER_KINDS, ids=lambda kind: kind.name)
def test_a_notebook_is_found_where_it_lies_or_its_absence_is_told(broken_class, kind):
    course, table = broken_class
    row = table.loc[kind.name]
    assert row["status"] == kind.status
    if kind.status == "missing":
        assert pd.isna(row["score"])
    else:
        assert row["score"] == sum(EXERCISES.values())


def test_the_table_has_one_row_for_each(broken_class):
    _, table = broken_class
    assert len(table) == len(KINDS) + len(FOLDER_KINDS)
    assert set(table["status"]) >= {"graded", "repaired", "unreadable", "missing", "timeout", "kernel-died"}
