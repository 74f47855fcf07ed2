"""The stages of the kit as nbgrader preprocessors, so that nbgrader's own commands go the same way as `grade`."""

import secrets
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Unicode

from autograder.authoring.marking import MARKING_SCHEME
from autograder.execution.notebook import execute, notices
from autograder.exercises.cases import case_files
from autograder.scoring.expected import grading_for, release_of
from autograder.scoring.filing import finished
from autograder.scoring.verdicts import Grading, score
from autograder.submissions.reading import read_submission
from autograder.submissions.restoring import restore

_PROCESS_NONCE = secrets.token_hex(16)


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


class DropMarkingSchemes(NbGraderPreprocessor):
    """Feedback for students shows no marking scheme."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        nb.cells = [cell for cell in nb.cells if MARKING_SCHEME not in cell.metadata.get("tags", [])]
        return nb, resources
