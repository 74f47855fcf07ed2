"""Grades for other systems: the same scores everywhere, no 0 for what was not graded, late penalties, odd names."""

import sys

import pandas as pd
import pytest
from nbgrader.api import Gradebook

from autograder.__main__ import main
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.grade import grade
from autograder.grading.exports import FORMATS, RosterMismatch, export
from autograder.scoring import expected
from tests.conftest import NONCE
from tests.hostile import assignment as averages

pytestmark = pytest.mark.usefixtures("sandbox")

NAME = averages.NAME
STUDENTS = ("=ada", "blaise", "charles")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """=ada is right and has a point by hand, blaise handed in no notebook that can be read, charles is late."""
    root = tmp_path_factory.mktemp("export")
    patch = pytest.MonkeyPatch()
    small = averages.make_assignment(root / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: small)
    course = Course(root / "course")
    for student in STUDENTS:
        path = course.submitted(student, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text("nothing" if student == "blaise" else as_text(solved_submission(small)))
    grade(small, course, nonce=NONCE, progress=False)
    with Gradebook(course.db_url) as book:
        book.find_grade("why_mean", NAME, NAME, "=ada").manual_score = 1.0
        book.find_grade("why_mean", NAME, NAME, "=ada").needs_manual_grade = False
        book.find_submission(NAME, "charles").notebooks[0].late_submission_penalty = 2.0
        book.db.commit()
    patch.undo()
    return course


def read(path):
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def test_the_plain_table_tells_score_status_lateness_and_what_still_waits(course):
    table = read(export(NAME, course, "csv")).set_index("student_id")
    assert list(table.index) == ["'=ada", "blaise", "charles"]
    assert list(table["score"]) == ["6.0", "", "3.0"]
    assert list(table["late_penalty"]) == ["0.0", "", "2.0"]
    assert list(table["status"]) == ["graded", "unreadable", "graded"]
    assert list(table["needs_manual_grade"]) == ["False", "True", "True"]
    assert list(table.columns[-3:]) == ["mean_of", "largest_of", "why_mean"]
    assert list(table.loc["'=ada"][-3:]) == ["3.0", "2.0", "1.0"]


def test_canvas_without_a_roster_names_students_by_their_id(course):
    table = read(export(NAME, course, "canvas"))
    assert list(table.columns) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", NAME]
    assert table["Student"].iloc[0].strip() == "Points Possible" and table[NAME].iloc[0] == "6.0"
    assert list(table["SIS User ID"])[1:] == ["'=ada", "blaise", "charles"]
    assert list(table[NAME])[1:] == ["6.0", "", "3.0"]


def roster(tmp_path, *rows):
    path = tmp_path / "roster.csv"
    lines = ["Student,ID,SIS User ID,SIS Login ID,Section", "    Points Possible,,,,"]
    path.write_text("\n".join([*lines, *rows]) + "\n")
    return path


def test_canvas_with_a_roster_names_students_as_canvas_does(course, tmp_path):
    given = roster(
        tmp_path,
        '"Babbage, Charles",7,,charles,A',
        '"Lovelace, Ada",8,=ada,,A',
        '"Pascal, B",9,,blaise,A',
        "New,10,,n,A",
    )
    table = read(export(NAME, course, "canvas", given))
    assert list(table["ID"])[1:] == ["7", "8", "9", "10"]
    assert list(table[NAME])[1:] == ["3.0", "6.0", "", ""]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (['"Babbage, Charles",7,,charles,A'], "=ada was graded, and .* names 0 students"),
        (["A,1,=ada,,A", "B,2,,=ada,A"], "names 2 students"),
    ],
)
def test_a_roster_that_does_not_fit_is_refused(course, tmp_path, rows, told):
    with pytest.raises(RosterMismatch, match=told):
        export(NAME, course, "canvas", roster(tmp_path, *rows))


def test_a_file_that_is_no_roster_is_refused(course, tmp_path):
    (tmp_path / "x.csv").write_text("name,mail\nada,a@b\n")
    with pytest.raises(RosterMismatch, match="no column Student, ID"):
        export(NAME, course, "canvas", tmp_path / "x.csv")
    with pytest.raises(RosterMismatch, match="goes with --format canvas"):
        export(NAME, course, "csv", tmp_path / "x.csv")


def test_gradescope_has_a_total_and_every_question(course):
    table = read(export(NAME, course, "gradescope"))
    assert list(table["SID"]) == ["'=ada", "blaise", "charles"]
    assert list(table["Status"]) == ["Graded", "Missing", "Graded"]
    assert list(table["Total Score"]) == ["6.0", "", "3.0"]
    assert list(table.columns[-3:]) == ["1: mean_of", "2: largest_of", "3: why_mean"]


def test_nothing_graded_yet_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match="no grades of averages yet: run"):
        export(NAME, Course(tmp_path), "csv")


def test_a_form_that_there_is_not_is_told_with_those_that_there_are(tmp_path):
    with pytest.raises(LookupError, match="no format 'moodle'.*csv, canvas, gradescope"):
        export("any", Course(tmp_path), "moodle")


def test_the_help_names_every_form(capsys):
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    said = capsys.readouterr().out
    assert all(form in said for form in FORMATS)
