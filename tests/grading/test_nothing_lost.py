"""Runs that are killed, two graders at once, a full disk, a locked gradebook, a folder that cannot be written: nothing is lost."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pytest
from nbgrader.api import Gradebook

from autograder import grade as grading
from autograder.assignments import ROOT
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.grade import grade
from autograder.keeping.lock import CourseInUse, CourseNotWritable, only_grader
from autograder.keeping.whole_files import write_whole
from autograder.scoring import expected
from autograder.scoring.gradebook import GradebookUnusable
from tests.conftest import NONCE
from tests.hostile import assignment as averages

pytestmark = [pytest.mark.whole_class, pytest.mark.usefixtures("sandbox")]

STUDENTS = [f"student-{number}" for number in range(6)]
WRONG = "def mean_of(values):\n    return sum(values)"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small assignment, known to the grader in this process."""
    patch = pytest.MonkeyPatch()
    made = averages.make_assignment(tmp_path_factory.mktemp("small") / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{averages.NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: made)
    yield made
    patch.undo()


def hand_in(course: Path, small, students=STUDENTS) -> Course:
    shutil.copytree(small.root, course.parent / "repository", dirs_exist_ok=True)
    for number, student in enumerate(students):
        path = Course(course).submitted(student, averages.NAME) / f"{averages.NAME}.ipynb"
        path.parent.mkdir(parents=True)
        changed = {"mean_of": WRONG} if number % 2 else {}
        path.write_text(as_text(solved_submission(small, **changed)))
    return Course(course)


def command(course: Course, *options: str) -> list[str]:
    return [sys.executable, "-m", "tests.hostile.grade_averages", str(course.root), NONCE, *options]


def entered(course: Course) -> pd.DataFrame:
    """Every grade in the gradebook, by student and cell."""
    with sqlite3.connect(course.root / "gradebook.db") as database:
        rows = database.execute(
            "select submitted_assignment.student_id, base_cell.name, grade.auto_score, grade.manual_score, "
            "grade.needs_manual_grade from grade join base_cell on grade.cell_id = base_cell.id "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_notebook.assignment_id = submitted_assignment.id"
        ).fetchall()
    return pd.DataFrame(rows).sort_values([0, 1]).reset_index(drop=True)


def test_killed_at_any_moment_and_resumed_it_ends_with_the_same_gradebook(small, tmp_path):
    undisturbed = hand_in(tmp_path / "calm" / "course", small)
    started = time.monotonic()
    subprocess.run(command(undisturbed), cwd=ROOT, check=True, capture_output=True)
    whole = time.monotonic() - started
    disturbed = hand_in(tmp_path / "killed" / "course", small)
    moments = random.Random(0)
    kills = 0
    for attempt in range(8):
        options = ["--resume"] if attempt else []
        process = subprocess.Popen(
            command(disturbed, *options), cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        try:
            assert process.wait(moments.uniform(0.1, 0.5) * whole) == 0, process.stderr.read()
            for student in STUDENTS:  # it came to its end, sooner than the first as less was to do: let it begin anew
                disturbed.record(student, averages.NAME).unlink()
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
    # The first run may be killed before it wrote its nonce down; then --resume draws another, which gives the same grades.
    last = subprocess.run(command(disturbed, "--resume"), cwd=ROOT, check=False, capture_output=True, text=True)
    assert last.returncode == 0, last.stderr
    assert kills >= 3
    pd.testing.assert_frame_equal(entered(disturbed), entered(undisturbed))
    assert disturbed.grades(averages.NAME).read_text() == undisturbed.grades(averages.NAME).read_text()
    for student in STUDENTS:
        assert disturbed.feedback(student, averages.NAME).is_file()
    assert list(disturbed.root.rglob("*.part")) == []


@pytest.fixture
def graded(small, tmp_path):
    course = hand_in(tmp_path / "course", small, STUDENTS[:2])
    table = grade(small, course, nonce=NONCE, progress=False)
    assert list(table["score"]) == [5.0, 2.0]
    return course


def test_the_second_grader_is_told_and_changes_nothing(small, graded):
    before = {path: path.read_bytes() for path in graded.root.rglob("*") if path.is_file()}
    with only_grader(graded), pytest.raises(CourseInUse, match="being graded by another process"):
        grade(small, graded, progress=False)
    assert {path: path.read_bytes() for path in graded.root.rglob("*") if path.is_file()} == before
    assert list(grade(small, graded, nonce=NONCE, progress=False)["score"]) == [5.0, 2.0]


def test_a_course_that_cannot_be_written_is_told(small, graded, monkeypatch):
    monkeypatch.setattr("autograder.keeping.lock.FileLock", lambda path: Refusing())
    with pytest.raises(CourseNotWritable, match="cannot be written .Read-only file system.*copy the course"):
        grade(small, graded, progress=False)


class Refusing:
    def acquire(self, timeout):
        raise OSError(30, "Read-only file system")


def test_a_full_disk_leaves_no_half_of_a_file_and_resuming_goes_on(small, graded, monkeypatch):
    before = graded.record(STUDENTS[0], averages.NAME).read_text()
    real = os.fsync

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("autograder.keeping.whole_files.os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        grade(small, graded, nonce="ab" * 16, progress=False)
    assert graded.record(STUDENTS[0], averages.NAME).read_text() == before
    assert list(graded.root.rglob("*.part")) == []
    monkeypatch.setattr("autograder.keeping.whole_files.os.fsync", real)
    assert list(grade(small, graded, resume=True, progress=False)["score"]) == [5.0, 2.0]


def test_a_file_is_there_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "deep" / "file.json"
    write_whole(path, "old")
    monkeypatch.setattr(
        "autograder.keeping.whole_files.os.replace", lambda *_: (_ for _ in ()).throw(OSError(28, "full"))
    )
    with pytest.raises(OSError, match="full"):
        write_whole(path, "new")
    assert path.read_text() == "old" and [p.name for p in path.parent.iterdir()] == ["file.json"]


def test_a_locked_gradebook_is_told_and_what_was_graded_stays(small, graded, monkeypatch):
    def locked(*_):
        raise sqlite3_locked()

    monkeypatch.setattr(grading.gradebook, "save_verdicts", locked)
    with pytest.raises(GradebookUnusable, match="database is locked.*--resume"):
        grade(small, graded, nonce="cd" * 16, progress=False)
    monkeypatch.undo()
    assert list(entered(graded)[2].dropna()) == [2.0, 3.0, 2.0, 0.0]


def sqlite3_locked():
    from sqlalchemy.exc import OperationalError

    return OperationalError("update grade", {}, sqlite3.OperationalError("database is locked"))


def test_manual_scores_and_comments_survive_every_regrade(small, graded):
    with Gradebook(graded.db_url) as book:
        written = book.find_grade("why_mean", averages.NAME, averages.NAME, STUDENTS[1])
        written.manual_score, written.needs_manual_grade = 1.0, False
        book.find_comment("why_mean", averages.NAME, averages.NAME, STUDENTS[1]).manual_comment = "right"
        book.db.commit()
    for options in ({"nonce": NONCE}, {"nonce": "ef" * 16}, {"resume": True}):
        table = grade(small, graded, progress=False, **options)
        assert list(table["score"]) == [5.0, 3.0]
    with Gradebook(graded.db_url) as book:
        assert book.find_comment("why_mean", averages.NAME, averages.NAME, STUDENTS[1]).comment == "right"


KILLED_GRADERS = """
import os, signal, sys, time
import nbformat, psutil
from autograder.execution import sandbox
from autograder.execution.notebook import execute
from autograder.execution.limits import Limits

sandbox._font_caches = lambda: ()
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("import time; time.sleep(60)")])
for number in range(20):
    grader = os.fork()
    if not grader:
        execute(notebook, {}, limits=Limits(disk_bytes=int(sys.argv[1])))
        os._exit(0)
    while not psutil.Process(grader).children():
        time.sleep(0.001)
    time.sleep(0.002 * number)
    os.kill(grader, signal.SIGKILL)
    os.waitpid(grader, 0)
"""


def test_a_grader_killed_while_a_box_is_being_built_leaves_no_kernel_behind():
    """Killed a little later each time, from when bubblewrap starts until the kernel runs."""
    mark = 8 * 2**20 + os.getpid()  # the size of a writable folder, by which these boxes are told from others
    subprocess.run([sys.executable, "-c", KILLED_GRADERS, str(mark)], cwd=ROOT, check=True)
    deadline = time.monotonic() + 10
    while (left := _boxes(mark)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left == []


def _boxes(mark: int) -> list[psutil.Process]:
    return [p for p in psutil.process_iter(["cmdline"]) if str(mark) in (p.info["cmdline"] or [])]
