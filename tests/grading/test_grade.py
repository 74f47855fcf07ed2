"""The whole way: the sample class graded, and everything that grading promises."""

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
from nbgrader.api import Gradebook
from nbgrader.validator import Validator
from traitlets.config import Config

from autograder.__main__ import main
from autograder.assignments import ROOT
from autograder.authoring import reference as reference_module
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text, exercise_ids, solved_notebook
from autograder.course import Course
from autograder.exercises.cases import run_cases
from autograder.grade import grade
from autograder.grading.grades_csv import write_grades
from autograder.samples.class_of_nine import disagreements, sample_class, write_sample_class
from autograder.scoring import gradebook
from autograder.scoring.expected import release_of
from course_utils.checking.cell import ANSWERS_MIME
from course_utils.checking.comparators import close
from tests.conftest import NONCE

FORM = {"exercise": "grokking_steps", "compare": close().to_json(), "cases": [], "expected": [], "misconceptions": []}
FIRST_COLUMNS = ["student_id", "status", "score", "max_score"]


def machine_points(assignment) -> float:
    """The points of all checks; the others are given by hand."""
    graded = [cell.metadata.get("nbgrader", {}) for cell in solved_notebook(assignment).cells]
    return sum(cell["points"] for cell in graded if cell.get("grade") and not cell["solution"])


def feedback_of(course: Course, student: str) -> str:
    return course.feedback(student, "grokking").read_text()


class TestSampleClass:
    def test_each_student_gets_the_status_and_score_they_should(self, graded_class, grokking):
        _, table = graded_class
        assert disagreements(sample_class(grokking), grokking, table.reset_index()) == []
        assert len(table) == 9

    def test_the_perfect_student_gets_every_point_that_a_machine_gives(self, graded_class, grokking):
        _, table = graded_class
        assert table.loc["perfect", "score"] == machine_points(grokking)
        assert table.loc["perfect", "max_score"] > machine_points(grokking)

    def test_the_csv_has_the_promised_columns_and_no_score_for_what_was_not_graded(self, graded_class, grokking):
        course, _ = graded_class
        table = pd.read_csv(course.grades("grokking")).set_index("student_id", drop=False)
        promised = [*FIRST_COLUMNS, *exercise_ids(solved_notebook(grokking))]
        assert list(table.columns)[: len(promised)] == promised
        assert pd.isna(table.loc["not-json", "score"])
        assert table.loc["untouched", "score"] == 0

    def test_every_student_gets_a_page_and_it_names_the_cause(self, graded_class, grokking):
        course, table = graded_class
        pages = {student: feedback_of(course, student) for student in table.index}
        assert "not JSON" in pages["not-json"]
        assert "not answered yet" in pages["untouched"]
        assert "The check of grokking_steps was missing" in pages["shuffled-tests"]
        assert "ended its Python process" in pages["hostile"]
        wrong = grokking.misconceptions("fourier_basis")[0]
        assert wrong.cause.split(".")[0] in pages[f"thinks-{wrong.name.replace('_', '-')}"]

    def test_the_hostile_student_found_nothing(self, graded_class):
        course, _ = graded_class
        executed = nbformat.read(course.autograded("hostile", "grokking"), as_version=4)
        assert "solutions" not in "".join(str(cell.get("outputs")) for cell in executed.cells)

    @pytest.mark.whole_class
    def test_grades_of_the_others_are_the_same_without_the_hostile_student(self, graded_class, grokking, tmp_path):
        _, with_hostile = graded_class
        course = Course(tmp_path / "course")
        course.root.mkdir()
        write_sample_class(grokking, course, keep=lambda name: name != "hostile")
        without = grade(grokking, course, nonce=NONCE, workers=2, progress=False).set_index("student_id")
        pd.testing.assert_frame_equal(without, with_hostile.drop(index="hostile"))

    def test_no_payload_or_active_output_is_left_in_what_is_filed(self, graded_class):
        course, table = graded_class
        for path in course.root.glob("autograded/*/grokking/grokking.ipynb"):
            text = path.read_text()
            assert ANSWERS_MIME not in text
            assert "text/html" not in text


class TestPromises:
    @pytest.mark.whole_class
    def test_again_with_the_same_nonce_gives_the_same_grades_and_keeps_manual_scores(self, copied_class, grokking):
        with Gradebook(copied_class.db_url) as book:
            written = book.find_grade("generalisation_without_data", "grokking", "grokking", "perfect")
            written.manual_score, written.needs_manual_grade = 3.5, False
            comment = book.find_comment("generalisation_without_data", "grokking", "grokking", "perfect")
            comment.manual_comment = "well said"
            book.db.commit()
        before = write_grades("grokking", copied_class)
        assert before.set_index("student_id").loc["perfect", "score"] == machine_points(grokking) + 3.5
        after = grade(grokking, copied_class, nonce=NONCE, workers=2, progress=False)
        pd.testing.assert_frame_equal(after, before)
        with Gradebook(copied_class.db_url) as book:
            comment = book.find_comment("generalisation_without_data", "grokking", "grokking", "perfect")
            assert comment.comment == "well said"

    def test_resuming_grades_only_what_is_new_or_changed(self, copied_class, grokking, monkeypatch):
        graded = []
        original = __import__("autograder.grade", fromlist=["grade_submission"]).grade_submission
        monkeypatch.setattr("autograder.grade.grade_submission", lambda run, s: graded.append(s) or original(run, s))
        changed = copied_class.submitted("untouched", "grokking") / "grokking.ipynb"
        changed.write_text(as_text(solved_submission(grokking)))
        copied_class.record("half-way", "grokking").unlink()
        table = grade(grokking, copied_class, resume=True, progress=False).set_index("student_id")
        assert set(graded) == {"untouched", "half-way", "not-json"}
        assert table.loc["untouched", "score"] == machine_points(grokking)

    def test_one_student_can_be_graded_again_and_the_others_stay(self, copied_class, grokking, monkeypatch):
        graded = []
        original = __import__("autograder.grade", fromlist=["grade_submission"]).grade_submission
        monkeypatch.setattr("autograder.grade.grade_submission", lambda run, s: graded.append(s) or original(run, s))
        before = write_grades("grokking", copied_class).set_index("student_id")
        changed = copied_class.submitted("untouched", "grokking") / "grokking.ipynb"
        changed.write_text(as_text(solved_submission(grokking)))
        command = ["grade", "grokking", "--course", str(copied_class.root), "--student", "untouched"]
        assert main(command) == 0
        after = write_grades("grokking", copied_class).set_index("student_id")
        assert graded == ["untouched"]
        assert after.loc["untouched", "score"] == machine_points(grokking)
        pd.testing.assert_frame_equal(after.drop(index="untouched"), before.drop(index="untouched"))
        assert json.loads(copied_class.run("grokking").read_text())["nonce"] == NONCE
        with pytest.raises(LookupError, match="no folder nobody"):
            grade(grokking, copied_class, only=["nobody"], progress=False)

    def test_what_is_expected_is_kept_for_the_next_run_and_worked_out_anew_when_it_would_differ(
        self, copied_class, grokking, monkeypatch
    ):
        kept = copied_class.expected("grokking")
        cases = run_cases("grokking", ["grokking_steps"], NONCE)
        calls = []
        monkeypatch.setattr(
            reference_module, "reference_forms", lambda *_, **__: calls.append(1) or {"grokking_steps": FORM}
        )
        for nonce, expected in ((NONCE, 1), (NONCE, 1), ("ab" * 16, 2)):
            cases = run_cases("grokking", ["grokking_steps"], nonce)
            reference_module.reference(grokking, cases, keep=kept)
            assert len(calls) == expected, nonce
        monkeypatch.setattr(reference_module, "kit_fingerprint", lambda: "another kit")
        reference_module.reference(grokking, cases, keep=kept)
        assert len(calls) == 3

    def test_a_submission_that_breaks_the_grader_itself_stops_nobody(self, copied_class, grokking, monkeypatch, capsys):
        def broken(submission, release):
            raise ZeroDivisionError("a fault of the grader")

        shutil.rmtree(copied_class.root / "submitted" / "hostile")
        monkeypatch.setattr("autograder.grade.restore", broken)
        table = grade(grokking, copied_class, progress=False).set_index("student_id")
        assert table.loc["perfect", "status"] == "failed"
        assert pd.isna(table.loc["perfect", "score"])
        assert "a fault of the grader" in capsys.readouterr().err

    @pytest.mark.whole_class
    def test_unsandboxed_marks_every_row(self, grokking, tmp_path):
        course = Course(tmp_path / "course")
        course.root.mkdir()
        write_sample_class(grokking, course, keep=lambda name: name in ("untouched", "not-json"))
        table = grade(grokking, course, sandboxed=False, progress=False)
        assert list(table["status"]) == ["unreadable (unsandboxed)", "graded (unsandboxed)"]

    def test_nothing_submitted_is_said(self, grokking, tmp_path):
        with pytest.raises(FileNotFoundError, match="submitted is not there"):
            grade(grokking, Course(tmp_path), progress=False)

    def test_a_student_without_a_notebook_is_missing(self, grokking, tmp_path):
        (tmp_path / "submitted" / "absent").mkdir(parents=True)
        table = grade(grokking, Course(tmp_path), progress=False)
        assert list(table["status"]) == ["missing"]
        assert table["score"].isna().all()

    def test_two_courses_with_different_nonces_draw_different_cases(self, graded_class):
        first = graded_class[0].run("grokking").read_text()
        assert json.loads(first)["nonce"] == NONCE


class TestFeedback:
    def test_pages_forbid_scripts_and_hold_none(self, graded_class):
        course, table = graded_class
        for student in table.index:
            page = feedback_of(course, student)
            assert "default-src 'none'" in page
            assert "<script" not in page.lower()

    @pytest.mark.whole_class
    def test_what_a_student_writes_is_escaped(self, grokking, tmp_path):
        evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
        source = f"print({evil!r})\ndef fourier_basis(modulus):\n    raise ValueError({evil!r})"
        course = Course(tmp_path)
        path = course.submitted("<b>x", "grokking") / "grokking.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(as_text(solved_submission(grokking, fourier_basis=source, generalisation_without_data=evil)))
        grade(grokking, course, progress=False)
        page = feedback_of(course, "<b>x")
        assert "<script" not in page
        assert "<img src=x" not in page
        assert "<b>x" not in page
        assert "&lt;script&gt;" in page

    def test_no_fresh_value_no_marking_scheme_is_told(self, graded_class, grokking):
        course, table = graded_class
        for student in table.index:
            page = feedback_of(course, student)
            assert "Marking scheme" not in page
            assert "BEGIN MARK" not in page


class TestNbgrader:
    @pytest.mark.whole_class
    def test_plain_nbgrader_autograde_gives_the_same_scores(self, graded_class, tmp_path):
        course, table = graded_class
        copy = tmp_path / "course"
        shutil.copytree(course.root, copy, ignore=shutil.ignore_patterns("autograded", "feedback", "grades"))
        (copy / "nbgrader_config.py").unlink()
        with sqlite3.connect(copy / "gradebook.db") as database:
            database.execute("update grade set auto_score = null")
        run = nbgrader("autograde", "grokking", f"--course-dir={copy}")
        assert "not-json" in run.stderr, run.stderr[-2000:]
        for student in table.index.drop("not-json"):
            grades, maximum = gradebook.grades_of("grokking", Course(copy), student)
            assert (grades.total, maximum) == tuple(table.loc[student, ["score", "max_score"]]), student

    def test_generate_assignment_gives_the_committed_notebook(self, graded_class, grokking, tmp_path):
        course = Course(tmp_path / "course")
        shutil.copytree(graded_class[0].root / "source", course.root / "source")
        nbgrader("generate_assignment", "grokking", f"--course-dir={course.root}")
        assert (course.root / "release/grokking/grokking.ipynb").read_bytes() == grokking.notebook.read_bytes()

    def test_export_reads_the_gradebook(self, graded_class, tmp_path):
        course, table = graded_class
        nbgrader("export", f"--to={tmp_path / 'grades.csv'}", cwd=course.root)
        exported = pd.read_csv(tmp_path / "grades.csv").set_index("student_id")
        assert exported.loc["perfect", "score"] == table.loc["perfect", "score"]

    def test_the_student_notebook_fails_every_check_for_the_right_reason(self, grokking, tmp_path):
        path = without_experiments(release_of("grokking"), tmp_path / "grokking.ipynb")
        assert Validator(invert=True).validate(str(path)) == {}
        failed = Validator().validate(str(path))["failed"]
        checks = [f'check("{id}", {id})' for id in exercise_ids(solved_notebook(grokking))]
        assert [cell["source"] for cell in failed[: len(checks)]] == checks
        for cell in failed[: len(checks)]:
            assert re.search(r"NotImplementedError: Exercise \d\.\d: replace this line", cell["raw_error"])
        # What is left is not answered yet either: the written questions.
        assert all("**Question.**" in cell["source"] for cell in failed[len(checks) :])

    def test_the_solved_notebook_passes_every_check(self, grokking, tmp_path):
        path = without_experiments(solved_submission(grokking), tmp_path / "grokking.ipynb")
        assert Validator(config=Config()).validate(str(path)) == {}


def without_experiments(notebook, path: Path) -> Path:
    """A notebook without its long cells, which nbgrader's validator would run."""
    kept = nbformat.from_dict(notebook)
    kept.cells = [cell for cell in kept.cells if "experiment" not in cell.metadata.get("tags", [])]
    nbformat.write(kept, path)
    return path


def nbgrader(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess:
    """nbgrader's own command, as in an activated environment: it calls other scripts of the environment by name."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "nbgrader", *arguments]
    return subprocess.run(
        command, cwd=cwd, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
