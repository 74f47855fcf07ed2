"""What persons enter: it stays, it is told to the student, and nobody has to look again at an answer that did not change."""

import pytest
from nbgrader.api import Gradebook

from autograder.authoring.filling import solved_submission
from autograder.authoring.marking import written_answers
from autograder.authoring.notebooks import as_text, solved_notebook
from autograder.course import Course
from autograder.grade import grade
from autograder.scoring import gradebook
from tests.conftest import NONCE
from tests.hostile import assignment as averages

pytestmark = [pytest.mark.whole_class, pytest.mark.usefixtures("sandbox")]

NAME, STUDENT = averages.NAME, "ada"
COMMENT = "Right; <b>and</b> say why."


@pytest.fixture
def question(small):
    [name] = written_answers(solved_notebook(small))
    return name


@pytest.fixture
def marked(small, question, tmp_path):
    """A course of one student, graded, and then marked by a person."""
    course = Course(tmp_path / "course")
    hand_in(course, small)
    grade(small, course, nonce=NONCE, progress=False)
    with Gradebook(course.db_url) as book:
        place = (question, NAME, NAME, STUDENT)
        given = book.find_grade(*place)
        given.manual_score, given.needs_manual_grade = 0.5, False
        book.find_comment(*place).manual_comment = COMMENT
        book.db.commit()
    return course


def hand_in(course, small, **answers):
    path = course.submitted(STUDENT, NAME) / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_text(solved_submission(small, **answers)))


def waits(course):
    return gradebook.grades_of(NAME, course, STUDENT)[0].needs_manual_grade


def page(course):
    return course.feedback(STUDENT, NAME).read_text()


def test_nobody_has_to_look_again_at_an_answer_that_did_not_change(small, marked, question):
    assert not waits(marked)
    grade(small, marked, progress=False)
    assert not waits(marked)
    assert gradebook.grades_of(NAME, marked, STUDENT)[0].scores[question] == 0.5


def test_an_answer_that_changed_waits_for_a_person_and_keeps_its_score(small, marked, question):
    hand_in(marked, small, **{question: "Another answer altogether, with other reasons."})
    grade(small, marked, progress=False)
    assert waits(marked)
    assert gradebook.grades_of(NAME, marked, STUDENT)[0].scores[question] == 0.5


def test_a_page_tells_score_and_comment_after_a_regrade(small, marked):
    assert "Right;" not in page(marked)
    grade(small, marked, progress=False)
    assert "Right; &lt;b&gt;and&lt;/b&gt; say why." in page(marked)
    assert "will be read by a person" not in page(marked)


def test_resume_brings_pages_up_to_date_and_grades_nothing_again(small, marked):
    graded = marked.autograded(STUDENT, NAME).stat().st_mtime_ns
    grade(small, marked, resume=True, progress=False)
    assert marked.autograded(STUDENT, NAME).stat().st_mtime_ns == graded
    assert "Right; &lt;b&gt;and&lt;/b&gt; say why." in page(marked)
    assert "so far" not in page(marked)
