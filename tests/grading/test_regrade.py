"""A regrade of one student: what was executed and has not changed is scored anew without executing it, and only that."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace

import pytest
from nbgrader.api import Gradebook

from autograder import grade as grading
from autograder.__main__ import main
from autograder.assignments import ROOT, Assignment
from autograder.authoring import kept_notebooks as kept_builds
from autograder.authoring import notebooks as build
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.execution import kept_executions as kept_executions
from autograder.execution.executors import WorkerLost
from autograder.execution.notebook import Event, execute
from autograder.grade import grade
from autograder.grading import run as grading_run
from autograder.grading.grades_csv import write_grades
from autograder.scoring import expected
from tests.conftest import NONCE
from tests.hostile import assignment as averages

pytestmark = pytest.mark.usefixtures("sandbox")

NAME = averages.NAME
RIGHT, WRONG, DIES = "right", "wrong", "dies"
EXITS = "import os\ndef mean_of(values):\n    os._exit(0)"
ANSWERS = {RIGHT: {}, WRONG: {"mean_of": "def mean_of(values):\n    return sum(values)"}, DIES: {"mean_of": EXITS}}


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """The small assignment, known to the grader in this process."""
    patch = pytest.MonkeyPatch()
    made = averages.make_assignment(tmp_path_factory.mktemp("small") / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: made)
    yield made
    patch.undo()


@pytest.fixture(scope="module")
def graded_once(small, tmp_path_factory):
    course = Course(tmp_path_factory.mktemp("graded") / "course")
    for student, changed in ANSWERS.items():
        hand_in(course, student, as_text(solved_submission(small, **changed)))
    grade(small, course, nonce=NONCE, workers=2, progress=False)
    return course


@pytest.fixture
def graded(graded_once, tmp_path):
    """A class of three, graded: one is right, one is wrong, and one ends the kernel."""
    shutil.copytree(graded_once.root, tmp_path / "course")
    return Course(tmp_path / "course")


@pytest.fixture
def executed(monkeypatch):
    """The notebooks that are executed in a test, one entry each."""
    seen = []
    monkeypatch.setattr(grading_run, "execute", lambda *a, **k: seen.append(a[0]) or execute(*a, **k))
    return seen


def hand_in(course: Course, student: str, text: str) -> None:
    path = course.submitted(student, NAME) / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def written_for(course: Course, student: str) -> dict[str, str]:
    """What a grading run writes for a student, apart from what is kept for the next, by what it is."""
    return {kind: getattr(course, kind)(student, NAME).read_text() for kind in ("autograded", "feedback", "record")} | {
        "grades": course.grades(NAME).read_text()
    }


def regrade(small, course: Course, student: str, **options):
    return grade(small, course, only=[student], progress=False, **options).set_index("student_id").loc[student]


@pytest.mark.parametrize("student", [RIGHT, WRONG])
def test_without_executing_it_writes_the_same_bytes(small, graded, executed, student):
    before, kept = written_for(graded, student), graded.executed(student, NAME).read_bytes()
    regrade(small, graded, student)
    assert executed == []
    assert written_for(graded, student) == before
    assert graded.executed(student, NAME).read_bytes() == kept


def test_what_is_kept_is_not_believed_for_the_score(small, graded, executed, monkeypatch):
    """Points, comparators and messages that changed hold for what was executed before."""
    scored = []
    monkeypatch.setattr(
        grading,
        "score",
        lambda *a, original=grading.score: scored.append(a) or [replace(v, points=0.5) for v in original(*a)],
    )
    regrade(small, graded, RIGHT)
    assert executed == [] and len(scored) == 1
    assert json.loads(graded.record(RIGHT, NAME).read_text())["verdicts"][0]["points"] == 0.5


def test_a_late_penalty_and_an_extension_count_without_executing(small, graded, executed):
    (graded.root / "penalty.py").write_text(
        "from nbgrader.plugins import BasePlugin\n"
        "class Late(BasePlugin):\n"
        "    def late_submission_penalty(self, student_id, score, total_seconds_late):\n"
        "        return 1.0\n"
    )
    config = graded.root / "nbgrader_config.py"
    config.write_text(config.read_text() + 'c.AssignLatePenalties.plugin_class = "penalty.Late"\n')
    (graded.submitted(RIGHT, NAME) / "timestamp.txt").write_text("2030-01-02 00:00:00 UTC")
    due_until(graded, "2030-01-01 00:00:00 UTC")
    assert regrade(small, graded, RIGHT)["score"] == 4.0
    due_until(graded, "2030-01-03 00:00:00 UTC")
    assert regrade(small, graded, RIGHT)["score"] == 5.0
    assert executed == []


def due_until(course: Course, moment: str) -> None:
    from nbgrader.utils import parse_utc

    with Gradebook(course.db_url) as book:
        book.find_assignment(NAME).duedate = parse_utc(moment)
        book.db.commit()


def test_a_manual_score_and_a_comment_survive(small, graded, executed):
    with Gradebook(graded.db_url) as book:
        written = book.find_grade("why_mean", NAME, NAME, WRONG)
        written.manual_score, written.needs_manual_grade = 1.0, False
        book.find_comment("why_mean", NAME, NAME, WRONG).manual_comment = "right"
        book.db.commit()
    assert regrade(small, graded, WRONG)["score"] == 3.0
    assert executed == []
    with Gradebook(graded.db_url) as book:
        assert book.find_comment("why_mean", NAME, NAME, WRONG).comment == "right"


def test_a_changed_submission_is_executed(small, graded, executed):
    hand_in(graded, WRONG, as_text(solved_submission(small)))
    assert regrade(small, graded, WRONG)["score"] == 5.0
    assert len(executed) == 1
    regrade(small, graded, WRONG)
    assert len(executed) == 1, "and then it is kept as it is now"


@pytest.mark.parametrize(
    ("what", "replacement"),
    [
        ("kit_fingerprint", lambda: "another kit"),
        ("surroundings", lambda: ("another torch",)),
        ("_given_data", lambda: "other data"),
    ],
)
def test_with_another_kit_it_is_executed(small, graded, executed, monkeypatch, what, replacement):
    monkeypatch.setattr(kept_executions, what, replacement)
    regrade(small, graded, RIGHT)
    assert len(executed) == 1


def test_for_other_cases_it_is_executed(small, graded, executed):
    assert regrade(small, graded, RIGHT, nonce="ab" * 16)["score"] == 5.0
    assert len(executed) == 1


def test_where_something_befell_the_kernel_it_is_executed(small, graded, executed):
    assert not graded.executed(DIES, NAME).exists()
    assert regrade(small, graded, DIES)["status"] == "kernel-died"
    assert len(executed) == 1


def test_what_was_kept_goes_when_something_befalls_the_kernel(small, graded, executed, monkeypatch):
    def unlucky(*arguments, **options):
        return replace(execute(*arguments, **options), events=(Event("timeout", "check-mean_of", "too slow"),))

    monkeypatch.setattr(grading_run, "execute", unlucky)
    assert regrade(small, graded, RIGHT, anew=True)["status"] == "timeout"
    assert not graded.executed(RIGHT, NAME).exists()


def test_what_was_kept_goes_with_a_lost_worker(small, graded, monkeypatch):
    def lost(*arguments, **options):
        raise WorkerLost("3 workers ended while they ran this submission")

    monkeypatch.setattr(grading_run, "execute", lost)
    assert regrade(small, graded, RIGHT, anew=True)["status"] == "worker-lost"
    assert not graded.executed(RIGHT, NAME).exists()


def test_a_class_that_is_graded_whole_is_executed_whole(small, graded, executed):
    grade(small, graded, nonce=NONCE, progress=False)
    assert len(executed) == len(ANSWERS)


def test_the_command_executes_when_it_is_told_to(small, graded, executed, monkeypatch, capsys):
    monkeypatch.setattr("autograder.__main__.find_assignment", lambda name: small)
    command = ["grade", NAME, "--course", str(graded.root), "--student", RIGHT]
    for options, times in (([], 0), (["--execute"], 1), ([], 1)):
        assert main([*command, *options]) == 0
        assert len(executed) == times


def cut_off(text: str) -> str:
    return text[: len(text) // 2]


def one_answer_changed(text: str) -> str:
    kept = json.loads(text)
    check = next(cell for cell in kept["content"]["cells"] if cell["id"] == "check-mean_of")
    data = check["outputs"][0]["data"]
    next(iter(data.values()))["outcomes"].reverse()
    return json.dumps(kept)


DAMAGES = {
    "cut off": cut_off,
    "one answer changed": one_answer_changed,
    "empty": lambda text: "",
    "no object": lambda text: "[]",
    "no stamp": lambda text: "{}",
    "deep": lambda text: "[" * 200_000,
    "no text": lambda text: b"\xff\xfe\x00",
    "too large": lambda text: text + " " * kept_executions.MAX_BYTES,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_leads_to_an_execution_and_the_same_grade(small, graded, executed, damage):
    path, before = graded.executed(RIGHT, NAME), written_for(graded, RIGHT)
    damaged = DAMAGES[damage](path.read_text())
    path.write_bytes(damaged if isinstance(damaged, bytes) else damaged.encode())
    assert regrade(small, graded, RIGHT)["score"] == 5.0
    assert len(executed) == 1
    after = written_for(graded, RIGHT)
    assert [after[kind] for kind in ("feedback", "record", "grades")] == [
        before[kind] for kind in ("feedback", "record", "grades")
    ]


def test_a_file_that_cannot_be_read_counts_as_none(graded):
    path = graded.executed(RIGHT, NAME)
    path.unlink()
    assert kept_executions.kept_execution(path, "key") is None
    path.mkdir()
    assert kept_executions.kept_execution(path, "key") is None


def test_what_another_student_had_kept_is_of_no_use(small, graded, executed):
    """Nor is a file that lies where students hand in."""
    kept = graded.executed(RIGHT, NAME)
    shutil.copy(kept, graded.executed(WRONG, NAME))
    folder = graded.submitted(WRONG, NAME)
    for name in (
        kept.name,
        f"{WRONG}.json",
        f"{NAME}-executed/{WRONG}.json",
        f"grades/runs/{NAME}-executed/{WRONG}.json",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(kept, folder / name)
    assert regrade(small, graded, WRONG)["score"] == 2.0
    assert len(executed) == 1


FORGES = '''\
import pathlib

course = pathlib.Path({course!r})
place = course / "grades" / "runs" / "{name}-executed"
seen = sorted(course.rglob("*"))
place.mkdir(parents=True, exist_ok=True)
(place / "{student}.json").write_text({forged!r})


def mean_of(values):
    """Say what lay in the course before a file was put where a kept one would lie."""
    raise ValueError(str(seen))
'''


def test_a_submission_can_neither_see_nor_write_what_is_kept(small, graded, executed):
    """The folder that it makes lies in the box's own memory, and is gone with the box."""
    before, forged = written_for(graded, WRONG), graded.executed(RIGHT, NAME).read_text()
    forging = FORGES.format(course=str(graded.root), name=NAME, student=DIES, forged=forged)
    hand_in(graded, RIGHT, as_text(solved_submission(small, mean_of=forging)))
    assert regrade(small, graded, RIGHT)["score"] == 2.0
    assert "got ValueError: []" in json.loads(graded.record(RIGHT, NAME).read_text())["verdicts"][0]["message"]
    assert not graded.executed(DIES, NAME).exists()
    assert written_for(graded, WRONG)["record"] == before["record"]


def test_outside_the_sandbox_nothing_is_kept_or_reused(small, graded, executed):
    """There a student's code could write the file itself."""
    assert regrade(small, graded, RIGHT, sandboxed=False)["score"] == 5.0
    assert len(executed) == 1
    assert not graded.executed(RIGHT, NAME).exists()


def test_what_would_be_too_large_is_not_kept(small, graded, executed, monkeypatch):
    monkeypatch.setattr(kept_executions, "MAX_BYTES", 1000)
    regrade(small, graded, RIGHT)
    assert len(executed) == 1
    assert not graded.executed(RIGHT, NAME).exists()


def test_the_others_stay(small, graded):
    before = write_grades(NAME, graded)
    regrade(small, graded, RIGHT)
    assert write_grades(NAME, graded).equals(before)


def test_the_release_is_built_once_for_a_script(small, graded, monkeypatch):
    """A script that changed, another builder and a damaged file each lead to another build, with the same result."""
    path, calls = graded.built(NAME), []
    original = build.student_notebook
    monkeypatch.setattr(build, "student_notebook", lambda solved: calls.append(1) or original(solved))
    built = original(build.solved_notebook(small))
    assert as_text(kept_builds.built(small, path)) == as_text(built) and calls == []
    monkeypatch.setattr(build, "_read", {})
    kept_builds.built(small, path)
    assert as_text(build.solved_notebook(small)) == graded.source(NAME).read_text()
    path.write_text(cut_off(path.read_text()))
    assert as_text(kept_builds.built(small, path)) == as_text(built) and len(calls) == 1
    monkeypatch.setattr(build, "kit_version", lambda: "another version")
    kept_builds.built(small, path)
    assert len(calls) == 2
    changed = Assignment(NAME, graded.root / "changed")
    changed.script.parent.mkdir(parents=True)
    changed.script.write_text(small.script.read_text().replace("Why the mean?", "Why the median?"))
    assert "Why the median?" in as_text(kept_builds.built(changed, path)) and len(calls) == 3


STARTS = """
import gc, sys
from autograder.quick_start import quick_imports
with quick_imports():
    import autograder.grade, autograder.grading.terminal_table
assert gc.isenabled()
print(*sys.modules)
import rfc3987_syntax
"""


def test_what_a_regrade_does_not_need_is_not_imported():
    """And what was left out on purpose can be imported afterwards."""
    run = subprocess.run([sys.executable, "-c", STARTS], cwd=ROOT, capture_output=True, text=True, check=True)
    slow = {"torch", "transformers", "matplotlib", "scipy", "distributed", "jupytext", "rfc3987_syntax", "lark"}
    assert slow & set(run.stdout.split()) == set()
