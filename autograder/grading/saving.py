"""Entering the result of one submission everywhere: autograded/, the gradebook, its pages, its record."""

from dataclasses import replace

import nbformat

from autograder.authoring.marking import written_answers
from autograder.authoring.notebooks import as_text
from autograder.execution.harmless_outputs import plain_text
from autograder.execution.kept_executions import keep_execution
from autograder.grading.pages import write_feedback, write_study_page
from autograder.grading.records import write_record
from autograder.grading.run import Graded, Run
from autograder.keeping.whole_files import write_whole
from autograder.scoring import gradebook


def save(run: Run, graded: Graded) -> None:
    """Enter one result everywhere; its record comes last, so that a run that was stopped grades it again."""
    graded = replace(graded, notes=tuple(plain_text(note) for note in graded.notes))
    _enter(run, graded)
    write_feedback(run, graded)
    if graded.study is not None:
        write_study_page(run, graded)
    kept = run.course.executed(graded.student, run.name)
    keep_execution(kept, graded.key, graded.execution if run.sandboxed else None)
    write_record(run, graded)


def _enter(run: Run, graded: Graded) -> None:
    """Enter the verdicts in the gradebook, and leave what a person has marked, or has to look at, to them."""
    if graded.notebook is None:
        if graded.status != "missing":
            gradebook.save_ungraded(run.name, run.course, graded.student)
        return
    reviewed = _reviewed_and_unchanged(run, graded)
    write_whole(run.course.autograded(graded.student, run.name), as_text(graded.notebook))
    gradebook.save_verdicts(graded.notebook, run.name, run.course, graded.student)
    if reviewed:
        gradebook.keep_reviewed(reviewed, run.name, run.course, graded.student)
    if undecided := [verdict.exercise for verdict in graded.verdicts if verdict.undecided]:
        gradebook.leave_to_a_person(undecided, run.name, run.course, graded.student)


def _reviewed_and_unchanged(run: Run, graded: Graded) -> frozenset[str]:
    """The written answers that a person has marked, and that are today what they were then."""
    path = run.course.autograded(graded.student, run.name)
    if not path.is_file():
        return frozenset()
    before = written_answers(nbformat.read(path, as_version=4))
    same = {name for name, text in written_answers(graded.notebook).items() if before.get(name) == text}
    return gradebook.reviewed(run.name, run.course, graded.student) & same
