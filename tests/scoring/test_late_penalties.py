"""Late submissions: nbgrader's plugin, set in the course's own nbgrader_config.py, takes off what it says, everywhere."""

import sys

import pandas as pd
import pytest
from nbgrader.api import Gradebook

from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.grade import grade
from autograder.grading.exports import export
from autograder.scoring.gradebook import SettingsUnusable, register
from tests.conftest import NONCE
from tests.hostile import assignment as averages

pytestmark = [pytest.mark.whole_class, pytest.mark.usefixtures("sandbox")]

NAME = averages.NAME
DUE = "2026-03-02 12:00:00 UTC"
HANDED_IN = {"early": "2026-03-02 11:59:59 UTC", "late": "2026-03-04 13:00:00 UTC", "no-time": None, "odd": "yesterday"}
PLUGIN = """\
from nbgrader.plugins import BasePlugin


class APointADay(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return total_seconds_late // 86400
"""


@pytest.fixture
def course(small, tmp_path):
    """A class of whom one is two days late; nothing is graded yet."""
    course = Course(tmp_path / "course")
    for student, moment in HANDED_IN.items():
        folder = course.submitted(student, NAME)
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(as_text(solved_submission(small)))
        if moment:
            (folder / "timestamp.txt").write_text(moment)
    register(small, course)
    with Gradebook(course.db_url) as book:
        book.update_or_create_assignment(NAME, duedate=DUE)
    return course


def set_in_course(course: Course, line: str) -> None:
    with (course.root / "nbgrader_config.py").open("a") as file:
        file.write(line + "\n")


def scores(table: pd.DataFrame) -> dict[str, float]:
    return dict(zip(table["student_id"], table["score"], strict=True))


def test_without_a_policy_nothing_is_taken_off(small, course):
    assert set(scores(grade(small, course, nonce=NONCE, progress=False)).values()) == {5.0}


def test_the_penalty_of_the_course_is_in_the_table_the_page_and_the_exports(small, course):
    set_in_course(course, 'c.LateSubmissionPlugin.penalty_method = "zero"')
    expected = {"early": 5.0, "late": 0.0, "no-time": 5.0, "odd": 5.0}
    assert scores(grade(small, course, nonce=NONCE, workers=2, progress=False)) == expected
    exported = pd.read_csv(export(NAME, course, "csv"))
    assert scores(exported) == expected
    assert dict(zip(exported["student_id"], exported["late_penalty"], strict=True))["late"] == 5.0
    page = course.feedback("late", NAME).read_text()
    assert ">0 of 6 points" in page and "handed in late: 5 points are taken off" in page
    assert "handed in late" not in course.feedback("early", NAME).read_text()


def test_a_plugin_that_lies_in_the_course_is_used_and_a_regrade_does_not_take_off_twice(small, course, monkeypatch):
    monkeypatch.setattr(sys, "path", list(sys.path))
    (course.root / "policy_of_this_course.py").write_text(PLUGIN)
    set_in_course(course, 'c.AssignLatePenalties.plugin_class = "policy_of_this_course.APointADay"')
    for _ in range(2):
        assert scores(grade(small, course, nonce=NONCE, progress=False))["late"] == 3.0
    with Gradebook(course.db_url) as book:  # an extension of three days
        book.find_submission(NAME, "late").extension = pd.Timedelta(days=3).to_pytimedelta()
        book.db.commit()
    assert scores(grade(small, course, nonce=NONCE, progress=False))["late"] == 5.0


def test_settings_that_end_in_an_error_are_told(small, course):
    set_in_course(course, "1 / 0")
    with pytest.raises(SettingsUnusable, match="nbgrader_config.py ends in ZeroDivisionError"):
        grade(small, course, nonce=NONCE, progress=False)
