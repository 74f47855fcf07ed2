"""What keeps a class of a thousand prompt and its memory flat; `benchmarks.grading` measures it on a real one."""

import json
import sys
import threading
import time

import pytest
from sqlalchemy import event
from sqlalchemy.engine import Engine

from autograder.course import Course
from autograder.grading.exports import FORMATS, export
from autograder.grading.grades_csv import write_grades
from autograder.grading.pool import as_finished
from autograder.grading.run import Graded
from autograder.scoring import expected
from autograder.scoring.gradebook import register, save_ungraded
from tests.hostile import assignment as averages

NAME = averages.NAME


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course whose gradebook knows the assignment and nobody yet."""
    small = averages.make_assignment(tmp_path / "repository")
    monkeypatch.setitem(sys.modules, f"autograder.exercises.{NAME}", averages.cases_module())
    monkeypatch.setattr(expected, "find_assignment", lambda name: small)
    course = Course(tmp_path / "course")
    register(small, course)
    return course


def enter(course: Course, students: range) -> None:
    """Students as a grading run leaves them: in the gradebook, and with a record."""
    for number in students:
        save_ungraded(NAME, course, f"{number:04d}")
        record = course.record(f"{number:04d}", NAME)
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(json.dumps({"student": f"{number:04d}", "status": "graded"}))


def statements(function) -> int:
    """How many times a function asks the database."""
    asked = []

    def listen(*arguments):
        asked.append(arguments[2])

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        function()
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    return len(asked)


def test_the_table_and_the_exports_ask_the_gradebook_as_often_for_many_as_for_few(course):
    enter(course, range(3))
    reads = {"table": lambda: write_grades(NAME, course)}
    reads |= {kind: lambda kind=kind: export(NAME, course, kind) for kind in FORMATS}
    few = {name: statements(read) for name, read in reads.items()}
    enter(course, range(3, 20))
    assert {name: statements(read) for name, read in reads.items()} == few
    assert min(few.values()) > 0
    assert len(write_grades(NAME, course)) == 20


def test_no_more_submissions_are_under_way_than_can_be_worked_on():
    lock, started, saved, most = threading.Lock(), [], [], 0

    def slow(student):
        with lock:
            started.append(student)
        time.sleep(0.05 if student == "00" else 0.001)
        return Graded(student, "graded")

    students = [f"{number:02d}" for number in range(60)]
    for graded in as_finished(slow, students, workers=3, at_once=6):
        saved.append(graded.student)
        time.sleep(0.002)  # saving takes its time, and nothing may pile up meanwhile
        most = max(most, len(started) - len(saved))
    assert sorted(saved) == students == sorted(started)
    assert most <= 2 * 6  # those under way, and those that came with the one just saved


def test_what_stops_the_run_is_raised_and_nothing_more_is_started():
    started = []

    def fails(student):
        started.append(student)
        if student == "03":
            raise RuntimeError("the cluster is gone")
        return Graded(student, "graded")

    with pytest.raises(RuntimeError, match="cluster is gone"):
        for _ in as_finished(fails, [f"{number:02d}" for number in range(50)], workers=1, at_once=4):
            pass
    assert len(started) < 12
