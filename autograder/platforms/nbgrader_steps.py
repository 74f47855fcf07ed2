"""The stages of the kit as nbgrader preprocessors, so that nbgrader's own commands go the same way as `grade`."""

import secrets
from functools import lru_cache
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode

from autograder.assignments import find_assignment
from autograder.authoring.marking import MARKING_SCHEME, with_marking_schemes
from autograder.authoring.notebooks import exercise_ids, solved_notebook, student_notebook
from autograder.authoring.reference import reference
from autograder.execution.notebook import Event, execute
from autograder.execution.outputs import harmless
from autograder.exercises.cases import case_files, run_cases
from autograder.scoring.verdicts import Grading, score, write_verdicts
from autograder.submissions.reading import read_submission
from autograder.submissions.restoring import restore

_PROCESS_NONCE = secrets.token_hex(16)
_MOST_GRADINGS = 4
_gradings: dict[tuple[str, str, bool], Grading] = {}


def grading_for(name: str, nonce: str, sandboxed: bool = True, keep: Path | None = None) -> Grading:
    """The cases of a run and what is expected for them, worked out once in a process, or found in the file to `keep` it in."""
    found = _gradings.pop((name, nonce, sandboxed), None) or _grading(name, nonce, sandboxed, keep)
    _gradings[name, nonce, sandboxed] = found  # the newest last
    for oldest in list(_gradings)[:-_MOST_GRADINGS]:
        del _gradings[oldest]
    return found


def _grading(name: str, nonce: str, sandboxed: bool, keep: Path | None) -> Grading:
    assignment = find_assignment(name)
    cases = run_cases(name, exercise_ids(solved_notebook(assignment)), nonce)
    return Grading(cases, reference(assignment, cases, sandboxed=sandboxed, keep=keep))


@lru_cache(maxsize=4)
def solved_of(name: str) -> NotebookNode:
    """The solved notebook of an assignment; not to be changed."""
    return solved_notebook(find_assignment(name))


@lru_cache(maxsize=4)
def release_of(name: str) -> NotebookNode:
    """The student notebook of an assignment, as its solved script gives it; not to be changed."""
    return student_notebook(solved_of(name))


def notices(events: tuple[Event, ...]) -> dict[str, str]:
    """What befell cells, by cell id, as it is told to the student."""
    return {event.cell_id: event.message for event in events}


class SubmissionExporter(NotebookExporter):
    """Reads a submission under the kit's limits, and says in plain words what is wrong with one that cannot be read.

    nbgrader reads what it restored with the same exporter; that file is ours, and is read as it is.
    """

    def from_filename(self, filename: str, resources: dict | None = None, **options: object) -> tuple[str, dict]:
        path = Path(filename)
        submitted = path.parents[2].name == "submitted"
        notebook = read_submission(path) if submitted else nbformat.read(path, as_version=4)
        return self.from_notebook_node(notebook, resources=resources, **options)


class RestoreSubmission(NbGraderPreprocessor):
    """The student's answers in a fresh copy of the release."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        restoration = restore(nb, release_of(resources["nbgrader"]["assignment"]))
        for repair in restoration.repairs:
            self.log.warning("Repaired: %s", repair)
        return restoration.notebook, resources


class _GradingStep(NbGraderPreprocessor):
    nonce = Unicode(_PROCESS_NONCE, help="What the cases of this run are drawn from; fresh for each run.").tag(
        config=True
    )
    sandboxed = Bool(True, help="Run students' code in the sandbox. Turn off only where none can be had.").tag(
        config=True
    )

    def grading(self, resources: dict) -> Grading:
        return grading_for(resources["nbgrader"]["assignment"], self.nonce, self.sandboxed)


class ExecuteInSandbox(_GradingStep):
    """The restored notebook, executed where it can do no harm, with its answers handed out as plain data."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        execution = execute(nb, case_files(self.grading(resources).cases), sandboxed=self.sandboxed)
        resources["notices"] = notices(execution.events)
        return execution.notebook, resources


class ScoreAnswers(_GradingStep):
    """The verdicts in place of what the check cells printed."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        verdicts = score(nb, self.grading(resources), resources.get("notices"))
        return finished(nb, resources["nbgrader"]["assignment"], verdicts), resources


def finished(executed: NotebookNode, name: str, verdicts: list) -> NotebookNode:
    """An executed notebook as it is filed: harmless outputs, verdicts, and marking schemes for whoever reads it."""
    return with_marking_schemes(write_verdicts(harmless(executed), verdicts), solved_of(name))


class DropMarkingSchemes(NbGraderPreprocessor):
    """Feedback for students shows no marking scheme."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        nb.cells = [cell for cell in nb.cells if MARKING_SCHEME not in cell.metadata.get("tags", [])]
        return nb, resources
