"""What several tests share: the sample class, graded once."""

import shutil
import sys

import pytest

from autograder.assignments import find_assignment
from autograder.course import Course
from autograder.execution.sandbox import SandboxUnavailable, sandbox_available
from autograder.grade import grade
from autograder.samples.class_of_nine import write_sample_class
from autograder.scoring import expected
from tests.helpers.browser_pages import browser, executable, picture  # noqa: F401 - fixtures, here for every test file
from tests.hostile import assignment as averages

NONCE = "5eed" * 8


@pytest.fixture(scope="session")
def grokking():
    return find_assignment("grokking")


@pytest.fixture
def small(tmp_path, monkeypatch):
    """The assignment of the hostile class, in a repository of its own: two exercises and a written question."""
    made = averages.make_assignment(tmp_path / "repository")
    monkeypatch.setitem(sys.modules, f"autograder.exercises.{averages.NAME}", averages.cases_module())
    monkeypatch.setattr(expected, "find_assignment", lambda name: made)
    return made


@pytest.fixture(scope="session")
def sandbox():
    """Skips, saying why, where no sandbox can be had."""
    try:
        sandbox_available()
    except SandboxUnavailable as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def graded_class(sandbox, grokking, tmp_path_factory):
    """The sample class of the grokking notebook in a course directory, graded with a fixed nonce."""
    course = Course(tmp_path_factory.mktemp("sample") / "course")
    course.root.mkdir()
    write_sample_class(grokking, course)
    table = grade(grokking, course, nonce=NONCE, workers=2, progress=False)
    return course, table.set_index("student_id")


@pytest.fixture
def copied_class(graded_class, tmp_path):
    """A copy of the graded sample class that a test may change."""
    shutil.copytree(graded_class[0].root, tmp_path / "course")
    return Course(tmp_path / "course")
