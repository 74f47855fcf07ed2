"""A class of hostile submissions, graded together with two honest neighbours: nothing is gained, seen, changed or held up."""

import functools
import hashlib
import re
import socket
import sys
import time
from pathlib import Path

import nbformat
import numpy as np
import pandas as pd
import psutil
import pytest

from autograder import grade as grading_module
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.execution.limits import MIB, Limits
from autograder.exercises import find_exercise
from autograder.grade import grade
from autograder.grading import run as grading_run
from autograder.scoring import expected
from course_utils.checking.plain_data import decode
from tests.conftest import NONCE
from tests.hostile import assignment as averages
from tests.hostile.files import FILES, ODD_STUDENTS, write_files
from tests.hostile.reading import EXERCISES, HOSTILE

pytestmark = pytest.mark.whole_class

SECRET = "the-instructors-secret-9f3b"
NEIGHBOURS = ("aaa-first", "neighbour", "zzz-last")
LIMITS = Limits(
    memory_bytes=400 * MIB,
    disk_bytes=16 * MIB,
    file_bytes=8 * MIB,
    processes=24,
    cell_seconds=4,
    notebook_seconds=20,
)
FULL = sum(EXERCISES.values())
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*")


@pytest.fixture(scope="module")
def hostile_class(sandbox, tmp_path_factory):
    """The course after grading: its folder, the table, the seconds that each took, and what the outside was before."""
    root = tmp_path_factory.mktemp("hostile")
    patch = pytest.MonkeyPatch()
    small = averages.make_assignment(root / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{averages.NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: small)
    seconds = {}

    def timed(run, student, original=grading_module.grade_submission):
        started = time.monotonic()
        graded = original(run, student)
        seconds[student] = time.monotonic() - started
        return graded

    patch.setattr(grading_module, "grade_submission", timed)
    patch.setattr(grading_run, "execute", functools.partial(grading_run.execute, limits=LIMITS))
    patch.setenv("GRADER_TOKEN", SECRET)
    course = Course(root / "course")
    with socket.create_server(("127.0.0.1", 0)) as server:
        _hand_in(course, small, server.getsockname()[1])
        before = _outside(root)
        table = grade(small, course, nonce=NONCE, workers=2, progress=False).set_index("student_id")
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()
    yield course, table, seconds, before, _outside(root)
    patch.undo()


def _hand_in(course, small, port):
    solved = solved_submission(small)
    text = as_text(solved)
    for student in (*NEIGHBOURS, *ODD_STUDENTS.values()):
        _write(course, student, text.replace("It is the constant", f"{SECRET} It is the constant"))
    for hostile in HOSTILE:
        _write(course, hostile.name, as_text(hostile.notebook(solved)).replace("PORT", str(port)))
    for kind in FILES:
        write_files(kind, course.submitted(f"files-{kind.name}", averages.NAME), text)
    (course.root / "instructors-secret.txt").write_text(SECRET)


def _write(course, student, text):
    path = course.submitted(student, averages.NAME) / f"{averages.NAME}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(text)


def _outside(root: Path) -> dict[str, str]:
    """A hash of every file that no submission may change: what was handed in, and what decides in the kit."""
    kit = Path(grading_module.__file__).parents[1]
    paths = [
        *root.glob("course/submitted/**/*"),
        *(root / "repository").rglob("*"),
        *(kit / "course_utils").rglob("*.py"),
    ]
    paths += [*Path("/tmp").glob("*planted*"), *Path("/tmp").glob("owned"), *Path("/tmp").glob("reduced")]
    small = (path for path in paths if path.is_file() and not path.is_symlink() and path.stat().st_size < 10**8)
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in small}


def _pages(course, student):
    """All that is filed or shown of a student."""
    paths = [
        course.feedback(student, averages.NAME),
        course.autograded(student, averages.NAME),
        course.record(student, averages.NAME),
    ]
    return {path: path.read_text(encoding="utf-8") for path in paths if path.is_file()}


every = pytest.mark.parametrize("hostile", HOSTILE, ids=lambda hostile: hostile.name)
every_file = pytest.mark.parametrize("kind", FILES, ids=lambda kind: kind.name)


def test_there_are_enough_and_each_says_what_it_tries():
    assert len(HOSTILE) + len(FILES) + len(ODD_STUDENTS) >= 60
    assert all(len(hostile.aim) > 30 for hostile in HOSTILE) and all(len(kind.aim) > 30 for kind in FILES)


@every
def test_no_point_is_gained_and_what_was_earned_stays(hostile_class, hostile):
    _, table, *_ = hostile_class
    row = table.loc[hostile.name]
    assert {name: row[name] for name in EXERCISES} == hostile.points, row["status"]
    assert row["score"] == sum(hostile.points.values()) and row["max_score"] == FULL + 1


@every
def test_nothing_is_learned(hostile_class, hostile):
    course, *_ = hostile_class
    for path, text in _pages(course, hostile.name).items():
        assert SECRET not in text, path
        found = re.search(
            r"FOUND-(?:A-FILE|A-MODULE|IN-MEMORY|EXPECTED) \S*|REACHED-SOMETHING|ATTACHED-TO|READ-MEMORY",
            _outputs(text),
        )
        assert found is None, (path, found)


@every
def test_no_expected_answer_of_a_fresh_case_is_told(hostile_class, hostile):
    course, *_ = hostile_class
    fresh = [case.to_json()["inputs"] for case in find_exercise(averages.NAME, "mean_of").draw(NONCE)]
    expected = [float(np.mean(decode(inputs["values"]))) for inputs in fresh]
    assert len(set(expected)) == 3
    for path, text in _pages(course, hostile.name).items():
        text = _TIME.sub("", text)  # at 10.625 s past a minute it would look as if 0.625 had been told
        assert not any(f"{value:.4f}"[:-1] in text or f"{value:.4g}" in text for value in expected), path


def _outputs(text: str) -> str:
    """The outputs of a filed notebook; of other files, the text without the student's own code."""
    if not text.lstrip().startswith("{") or '"cells"' not in text:
        return ""
    notebook = nbformat.reads(text, as_version=4)
    return str([cell.get("outputs") for cell in notebook.cells])


@every
def test_nothing_runs_in_the_readers_browser_or_terminal(hostile_class, hostile):
    course, *_ = hostile_class
    page = course.feedback(hostile.name, averages.NAME).read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|iframe|form|input|svg|object|embed)\b", page, re.IGNORECASE)
    assert not re.search(r"<[^>]*\son\w+\s*=", page) and not re.search(r"<[^>]*javascript:", page)
    filed = nbformat.read(course.autograded(hostile.name, averages.NAME), as_version=4)
    kinds = {kind for cell in filed.cells for output in cell.get("outputs", []) for kind in output.get("data", {})}
    assert kinds <= {"text/plain", "image/png", "image/jpeg"}
    assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]", page + _outputs(as_text(filed)))


@every
def test_nobody_waits_longer_than_the_limit(hostile_class, hostile):
    *_, seconds, _, _ = hostile_class
    assert seconds[hostile.name] < LIMITS.notebook_seconds + 15


@every_file
def test_odd_files_get_the_status_that_tells_what_they_are(hostile_class, kind):
    course, table, seconds, *_ = hostile_class
    row = table.loc[f"files-{kind.name}"]
    assert row["status"] == kind.status
    assert (row["score"] == FULL) if kind.status in ("graded", "repaired") else pd.isna(row["score"])
    assert seconds[f"files-{kind.name}"] < 20
    assert SECRET not in course.feedback(f"files-{kind.name}", averages.NAME).read_text()


@pytest.mark.parametrize("student", [*NEIGHBOURS, *ODD_STUDENTS.values()])
def test_neighbours_and_oddly_named_students_get_what_they_earned(hostile_class, student):
    _, table, *_ = hostile_class
    row = table.loc[student]
    assert (row["status"], row["score"]) == ("graded", FULL)


def test_nothing_outside_was_changed(hostile_class):
    *_, before, after = hostile_class
    assert before == after


def test_no_process_is_left():
    left = [p.info for p in psutil.process_iter(["cmdline", "pid"]) if "hostile-daemon" in (p.info["cmdline"] or [])]
    assert left == []


def test_no_cell_of_the_table_is_a_formula(hostile_class):
    course, *_ = hostile_class
    table = pd.read_csv(course.grades(averages.NAME), dtype=str, keep_default_na=False)
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for value in table.to_numpy().flatten())
    assert len(table) == len(HOSTILE) + len(FILES) + len(ODD_STUDENTS) + len(NEIGHBOURS)
