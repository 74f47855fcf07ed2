"""The sample class of the project: three full studies made by running the notebook, and what a grader has to see through.

The notebook runs with each approach once, offline, from nothing but what ships; that takes minutes. A folder named by
COURSE_KIT_WORKSHOP keeps what was made, for whoever works on the grading.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from nbgrader.api import Gradebook

from autograder.assignments import find_assignment
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text, exercise_ids, solved_notebook
from autograder.course import Course
from autograder.grade import grade
from autograder.grading.exports import FORMATS, export
from autograder.samples.studies import NAME, disagreements, make_study, sample_studies, write_sample_studies
from autograder.scoring import gradebook
from autograder.studies.judging import NOT_THERE, handed_in_study
from autograder.studies.overview import read_overview
from course_utils.studies.file import load_study
from tests.conftest import NONCE
from tests.helpers.browser_pages import SubmissionPage
from tests.helpers.browser_server import lab_server

pytestmark = [pytest.mark.whole_class, pytest.mark.usefixtures("sandbox")]

MINUTES = 6  # an approach may take from a clean checkout, on two cores


@pytest.fixture(scope="module")
def milestone():
    return find_assignment(NAME)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    kept = os.environ.get("COURSE_KIT_WORKSHOP")
    return Path(kept) if kept else tmp_path_factory.mktemp("workshop")


@pytest.fixture(scope="module", params="ABC")
def made(request, milestone, workshop):
    """A study made by running the solved notebook with one approach, and how long that took."""
    started = time.monotonic()
    folder = make_study(milestone, request.param, workshop / request.param)
    return request.param, folder, time.monotonic() - started


@pytest.fixture(scope="module")
def students(milestone, workshop):
    return sample_studies(milestone, workshop)


@pytest.fixture(scope="module")
def graded(milestone, students, tmp_path_factory):
    """The sample class in a course directory, graded."""
    course = Course(tmp_path_factory.mktemp("studies"))
    write_sample_studies(students, course)
    table = grade(milestone, course, nonce=NONCE, workers=2, progress=False)
    return course, table.set_index("student_id")


@pytest.fixture(scope="module")
def overview(graded):
    return read_overview(NAME, graded[0])


def test_each_approach_runs_offline_in_its_time(made):
    approach, folder, seconds = made
    assert seconds < 60 * MINUTES
    study = load_study(folder)
    assert study.approach == approach
    assert 8 <= len(study.steps) <= 15
    assert (folder / "report.html").stat().st_size > 100_000


def test_a_study_that_is_killed_goes_on_with_what_was_measured(milestone, workshop, made, tmp_path):
    approach, folder, _ = made
    if approach != "A":
        pytest.skip("how the trainers of the other approaches go on is tested with them")
    code = (
        "from pathlib import Path; from autograder.assignments import find_assignment; "
        "from autograder.samples.studies import make_study; "
        f"make_study(find_assignment({NAME!r}), 'A', Path({str(tmp_path)!r}))"
    )
    killed = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cache = tmp_path / "study" / "cache"
    deadline = time.monotonic() + 300
    while len(list(cache.rglob("*.json"))) < 30 and time.monotonic() < deadline:
        time.sleep(0.1)
    killed.kill()
    killed.wait()
    time.sleep(3)  # the kernel notices within a second that its parent is gone
    measured = {path: path.stat().st_mtime_ns for path in cache.rglob("*.json")}
    assert len(measured) >= 30
    assert not (tmp_path / "study" / "study.json").exists()
    again = load_study(make_study(milestone, "A", tmp_path))
    assert {path: path.stat().st_mtime_ns for path in measured} == measured
    pd.testing.assert_frame_equal(again.table, load_study(folder).table)


FOUND = """
student             checkpoints  metrics  recomputed  transitions  figures  claims
cherry-picked       no           yes      yes         yes          yes      yes
fabricated          yes          yes      no          yes          yes      yes
fine-tuned          yes          yes      yes         yes          yes      yes
from-scratch        yes          yes      yes         yes          yes      yes
late                yes          yes      yes         yes          yes      yes
no-code             yes          yes      no          yes          yes      yes
others-data         yes          yes      yes         yes          yes      yes
public-checkpoints  yes          yes      yes         yes          yes      yes
"""


def test_the_findings_of_the_sample_class_as_a_table(overview):
    rows = [line.split() for line in FOUND.strip().splitlines()]
    wanted = pd.DataFrame(rows[1:], columns=rows[0]).set_index("student")
    got = overview.set_index("student_id")[[f"study_{name}" for name in rows[0][1:]]]
    got = got.rename(columns=lambda name: name.removeprefix("study_")).rename_axis("student")
    pd.testing.assert_frame_equal(got, wanted)


def test_the_numbers_of_another_student_are_told(overview):
    same = overview.set_index("student_id")["same_numbers_as"]
    assert same["others-data"] == "fine-tuned"
    assert same["fine-tuned"] == "others-data"
    assert same["public-checkpoints"] == same["late"] == "the worked example"
    assert same["from-scratch"] == same["fabricated"] == same["cherry-picked"] == ""


def test_what_was_found_is_what_the_sample_class_expects(students, overview):
    assert disagreements(students, overview) == []


def test_exercises_are_graded_beside_the_findings(graded, students, milestone):
    rows = graded[1]
    for student in students:
        right = {id for id in exercise_ids(solved_notebook(milestone)) if rows.loc[student.name, id] > 0}
        assert right == student.right, student.name


def test_findings_are_worth_points(graded):
    rows = graded[1]
    full, fabricated, picked = (rows.loc[name] for name in ("public-checkpoints", "fabricated", "cherry-picked"))
    assert full["study_recomputed"] == 4
    assert fabricated["study_recomputed"] == 0
    assert full["score"] - fabricated["score"] == 4
    assert full["score"] - picked["score"] == 2


def message(course, student, name):
    record = json.loads(course.record(student, NAME).read_text())
    return next(verdict["message"] for verdict in record["verdicts"] if verdict["exercise"] == name)


def test_a_fabricated_curve_is_named(graded):
    said = message(graded[0], "fabricated", "study_recomputed")
    assert "concept.log_odds." in said
    assert "reported 7." in said


def test_picked_checkpoints_are_named(graded):
    assert "nothing between step 10 and 700" in message(graded[0], "cherry-picked", "study_checkpoints")


def test_without_code_nothing_can_be_measured_anew(graded):
    assert "NotImplementedError" in message(graded[0], "no-code", "study_recomputed")


@pytest.fixture
def one(milestone, students, tmp_path):
    """A course of one student, whose study may be changed before it is graded."""
    student = next(student for student in students if student.name == "public-checkpoints")

    def graded(**changes):
        course = Course(tmp_path)
        write_sample_studies([replace(student, **changes)], course)
        grade(milestone, course, nonce=NONCE, progress=False)
        return course, student.name

    return graded


def test_a_function_that_knows_the_checkpoints_is_found(one, milestone, students):
    """It gives the fabricated numbers where it recognises the worked example, and right ones on every case."""
    fabricated = next(student for student in students if student.name == "fabricated").study
    invented = {
        step: {group: fabricated.table.loc[step, f"concept.log_odds.{group}"] for group in fabricated.concept.groups}
        for step in fabricated.steps
    }
    solved = next(c.source for c in solved_submission(milestone).cells if c.id == "concept_losses")
    cunning = f"{solved.replace('def concept_losses', 'def honest_losses')}\n\n\n" + (
        f"INVENTED = {invented!r}\n\n\n"
        "def concept_losses(model, asked):\n"
        "    found = honest_losses(model, asked)\n"
        "    if asked.concept.name != 'trades':\n"
        "        return found\n"
        "    loss = general_loss(model, asked.prompts)\n"
        "    step = min(INVENTED, key=lambda s: abs(KNOWN[s] - loss))\n"
        "    found['log_odds'] = torch.tensor([INVENTED[step][g] for g in asked.groups])\n"
        "    return found\n"
    )
    cunning = f"KNOWN = {losses_by_step(milestone, fabricated)!r}\n{cunning}"
    text = as_text(solved_submission(milestone, concept_losses=cunning))
    course, name = one(study=fabricated, text=text)
    assert "public cases" not in message(course, name, "study_recomputed")
    assert "give other numbers on these checkpoints" in message(course, name, "study_recomputed")


def losses_by_step(milestone, study):
    from autograder.authoring.solved_code import solved_functions
    from course_utils.suites.load import load_suite
    from course_utils.texts.tokenised_concepts import tokenise_concept

    suite, general_loss = load_suite("pun-world"), solved_functions(milestone.name)["general_loss"]
    asked = tokenise_concept(study.concept, suite.tokenizer)
    return {step: general_loss(suite.build(step), asked.prompts) for step in study.steps}


def test_a_study_of_a_model_on_a_hub_waits_for_a_person(one, students):
    public = next(student for student in students if student.name == "public-checkpoints")
    course, name = one(study=replace(public.study, kind="hub", suite="EleutherAI/pythia-70m"))
    assert "on a hub, and not here" in message(course, name, "study_recomputed")
    grades, _ = gradebook.grades_of(NAME, course, name)
    assert grades.scores["study_recomputed"] is None and grades.scores["study_metrics"] == 2
    assert grades.needs_manual_grade
    assert read_overview(NAME, course).loc[0, "study_recomputed"] == "to read"
    assert "to decide" in course.study_page(name, NAME).read_text()


def test_a_study_that_is_a_link_is_not_followed(students, tmp_path):
    students[0].study.save(tmp_path / "elsewhere")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "study").symlink_to(tmp_path / "elsewhere")
    found = handed_in_study(tmp_path / "mine" / "milestone.ipynb", NONCE)
    assert found.study is None and found.fault == NOT_THERE


@pytest.mark.parametrize("text", ["", "{", '{"format": 1}', "[]"])
def test_a_study_that_cannot_be_read_says_so(tmp_path, text):
    (tmp_path / "study").mkdir()
    (tmp_path / "study" / "study.json").write_text(text)
    found = handed_in_study(tmp_path / "milestone.ipynb", NONCE)
    assert found.study is None
    assert "study.json" in found.fault


def test_a_run_that_was_not_handed_in_is_told(students, tmp_path):
    tuned = next(student for student in students if student.name == "fine-tuned")
    tuned.study.save(tmp_path / "study")
    assert "was not handed in" in handed_in_study(tmp_path / "milestone.ipynb", NONCE).request


def test_checkpoints_that_lead_elsewhere_are_not_handed_over(students, tmp_path):
    tuned = next(student for student in students if student.name == "fine-tuned")
    write_sample_studies([tuned], Course(tmp_path))
    run = Course(tmp_path).submitted(tuned.name, NAME) / "study" / "run"
    secret = tmp_path / "secret.json"
    secret.write_text("{}")
    (run / "stolen.json").symlink_to(secret)
    found = handed_in_study(run.parents[1] / f"{NAME}.ipynb", NONCE)
    assert "run.json" in found.request["files"]
    assert "stolen.json" not in found.request["files"]


class TestReadingByHand:
    """A person opens the sample course in formgrader; what they enter stays when a student is graded again."""

    STUDENT, QUESTION = "public-checkpoints", "emergence_analysis"
    SCORE, COMMENT = 8.5, "The bracket is right; say what lies between 1,200 and 1,450."
    TOTALS = {"csv": ("student_id", "score"), "canvas": ("SIS User ID", NAME), "gradescope": ("SID", "Total Score")}

    @pytest.mark.browser
    def test_what_was_entered_survives_a_regrade_and_reaches_every_export(
        self, executable, browser, graded, milestone, tmp_path, picture
    ):
        course, rows = graded
        before = rows.loc[self.STUDENT, "score"]
        with lab_server(course.root, tmp_path) as server:
            opened = SubmissionPage(browser.new_page(), server, course, NAME, self.STUDENT, self.QUESTION)
            opened.enter(self.SCORE, self.COMMENT)
            opened.shows(self.SCORE, self.COMMENT)
            picture(opened.page, "milestone-entered")
            # formgrader stays open meanwhile, as it does for a person
            table = grade(milestone, course, only=[self.STUDENT], anew=True, progress=False)
            again = SubmissionPage(browser.new_page(), server, course, NAME, self.STUDENT, self.QUESTION)
            again.shows(self.SCORE, self.COMMENT)
            picture(again.page, "milestone-after-regrade")
        with Gradebook(course.db_url) as book:
            place = (self.QUESTION, NAME, NAME, self.STUDENT)
            assert book.find_grade(*place).manual_score == self.SCORE
            assert book.find_comment(*place).manual_comment == self.COMMENT
        assert table.set_index("student_id").loc[self.STUDENT, "score"] == before + self.SCORE
        assert set(self.TOTALS) == set(FORMATS)
        for kind, (student, total) in self.TOTALS.items():
            exported = pd.read_csv(export(NAME, course, kind)).set_index(student)
            assert exported.loc[self.STUDENT, total] == before + self.SCORE, kind
