"""The solved and the student notebook of an assignment, kept in a course, so that a regrade need not build them again."""

from importlib.metadata import version
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignments import Assignment
from autograder.authoring import notebooks
from autograder.keeping.keyed_data import keep, kept, key_of

MAX_BYTES = 20 * 2**20
_BUILDERS = ("jupytext", "nbconvert", "nbformat", "nbgrader")


def built(assignment: Assignment, path: Path) -> NotebookNode:
    """The student notebook of an assignment, from the file that it is kept in or built; the solved one is known afterwards."""
    script = assignment.script.read_text(encoding="utf-8")
    key = _key(script)
    found = kept(path, key, MAX_BYTES)
    if found is not None:
        notebooks.remember(script, nbformat.from_dict(found["solved"]))
        return nbformat.from_dict(found["student"])
    solved = notebooks.solved_notebook(assignment)
    student = notebooks.student_notebook(solved)
    keep(path, key, {"solved": solved, "student": student}, MAX_BYTES)
    return student


def _key(script: str) -> str:
    """A hash of a script, and of all that makes notebooks of it."""
    packages = [f"{package} {version(package)}" for package in _BUILDERS]
    builder = Path(notebooks.__file__).read_text(encoding="utf-8")
    return key_of(script, builder, notebooks.kit_version(), *packages)
