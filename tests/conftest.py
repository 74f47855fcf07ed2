"""What several tests share: the sample class, graded once."""

import shutil
import sys
from pathlib import Path

import pandas as pd
import pytest

from autograder.assignments import find_assignment
from autograder.course import Course
from autograder.execution.sandbox import SandboxUnavailable, sandbox_available
from autograder.grade import grade
from autograder.samples.class_of_nine import write_sample_class
from autograder.scoring import expected
from tests.helpers.browser_pages import browser, executable, picture  # noqa: F401 - fixtures, here for every test file
from tests.helpers.shared import made_once
from tests.hostile import assignment as averages

NONCE = "5eed" * 8
MARKED_BY_NEED = ("browser", "sandbox")  # fixtures; who asks for one has the marker of that name


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for name in MARKED_BY_NEED:
            if name in item.fixturenames:
                item.add_marker(name)


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

    def make(folder: Path) -> None:
        course = Course(folder / "course")
        course.root.mkdir(exist_ok=True)
        write_sample_class(grokking, course)
        grade(grokking, course, nonce=NONCE, workers=2, progress=False).to_pickle(folder / "table.pkl")

    folder = made_once(tmp_path_factory, "sample-class", make)
    return Course(folder / "course"), pd.read_pickle(folder / "table.pkl").set_index("student_id")


@pytest.fixture
def copied_class(graded_class, tmp_path):
    """A copy of the graded sample class that a test may change."""
    shutil.copytree(graded_class[0].root, tmp_path / "course")
    return Course(tmp_path / "course")
