"""A class graded by plain nbgrader: its own settings, one notebook after another, checks in the student's own process."""

import os
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.assignments import Assignment
from autograder.authoring.notebooks import as_text, solved_notebook
from benchmarks.process_memory import Measured, measured

# Time enough for every cell, and marking schemes where the kit has them; all else is nbgrader's default.
_CONFIG = """\
c = get_config()  # noqa: F821
c.ExecutePreprocessor.timeout = 1800
c.ClearMarkScheme.enforce_metadata = False
"""


def grade_plainly(
    assignment: Assignment, root: Path, class_: dict[str, NotebookNode], *, experiments: bool
) -> tuple[Measured, dict[str, float]]:
    """Seconds and memory of `nbgrader autograde` for a class of notebooks by student, and the scores that it gives.

    Without `experiments` the cells that no check depends on are taken out of the notebooks first.
    """
    _write(root / "source" / assignment.name, assignment, solved_notebook(assignment), experiments)
    for student, notebook in class_.items():
        _write(root / "submitted" / student / assignment.name, assignment, notebook, experiments)
    (root / "nbgrader_config.py").write_text(_CONFIG, encoding="utf-8")
    _nbgrader(root, "generate_assignment", assignment.name, "--create")
    run = _nbgrader(root, "autograde", assignment.name)
    with Gradebook(f"sqlite:///{root / 'gradebook.db'}") as gradebook:
        scores = {student: gradebook.find_submission(assignment.name, student).score for student in class_}
    return run, scores


def _write(folder: Path, assignment: Assignment, notebook: NotebookNode, experiments: bool) -> None:
    kept = nbformat.from_dict(notebook)
    kept.cells = [cell for cell in kept.cells if experiments or "experiment" not in cell.metadata.get("tags", [])]
    folder.mkdir(parents=True)
    (folder / f"{assignment.name}.ipynb").write_text(as_text(kept), encoding="utf-8")


def _nbgrader(root: Path, *arguments: str) -> Measured:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # it calls alembic and python by name
    environment = {**os.environ, "PATH": path, "MPLBACKEND": "agg"}
    return measured([sys.executable, "-m", "nbgrader", *arguments, f"--course-dir={root}"], root, environment)
