"""The pages of one submission: feedback for the student, and of a study one for the person who grades it by hand."""

import nbformat

from autograder.execution.harmless_outputs import plain_text
from autograder.grading.records import read_record
from autograder.grading.run import Graded, Run
from autograder.scoring import gradebook
from autograder.scoring.feedback import Page, entries, messages_by_exercise, write_page
from autograder.scoring.verdicts import Verdict


def write_feedback(run: Run, graded: Graded) -> None:
    """Write the feedback page of a submission, with what persons entered."""
    write_page(_page(run, graded), run.course.feedback(graded.student, run.name))


def refresh_feedback(run: Run, student: str) -> None:
    """Write the feedback page of a submission that is not graded again, with what persons entered since."""
    path = run.course.autograded(student, run.name)
    record = read_record(run.name, run.course, student)
    if record is None or not path.is_file():
        return
    verdicts = tuple(Verdict(**verdict) for verdict in record["verdicts"])
    notebook = nbformat.read(path, as_version=4)
    write_feedback(run, Graded(student, record["status"].split()[0], tuple(record["notes"]), verdicts, notebook))


def _page(run: Run, graded: Graded) -> Page:
    name = plain_text(graded.student)
    if graded.notebook is None:
        return Page(run.name, name, graded.status, graded.notes)
    grades, maximum = gradebook.grades_of(run.name, run.course, graded.student)
    listed = entries(graded.notebook, messages_by_exercise(list(graded.verdicts)), grades.scores, grades.comments)
    return Page(run.name, name, graded.status, graded.notes, grades.total, maximum, listed, grades.late_penalty)


def write_study_page(run: Run, graded: Graded) -> None:
    """Write the page about a study for whoever reads its written parts."""
    from autograder.studies.page import (
        write_study_page as write,  # imports matplotlib, which other assignments do not need
    )

    grades, maximum = gradebook.grades_of(run.name, run.course, graded.student)
    write(
        graded.study.study,
        graded.study.fault,
        graded.study.findings_of(graded.verdicts),
        plain_text(graded.student),
        path=run.course.study_page(graded.student, run.name),
        assignment=run.name,
        status=graded.status,
        notes=graded.notes,
        total=grades.total,
        max_score=maximum,
    )
