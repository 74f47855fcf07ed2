"""Solved script -> solved notebook -> student notebook, with jupytext and nbgrader's own preprocessors as a library.

The solved notebook carries nbgrader's metadata (schema 3) and is what nbgrader calls the source; the student notebook
is its release. Both are functions of the script alone: ids are derived, so that building twice gives identical bytes.
"""

import hashlib
import re
import tomllib
from collections import Counter
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearMarkScheme,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LockCells,
    NbGraderPreprocessor,
    SaveCells,
)
from traitlets.config import Config

from autograder.assignments import ROOT, Assignment

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
_HEADING = re.compile(r"^#{2,4}\s+(\d+(?:\.\d+)*)[.:]?\s", re.MULTILINE)
_HEADERS = ("exercise", "check", "finding", "written")
_LOCKED = ("check", "finding")  # graded, and not a place to write in
_read: dict[str, NotebookNode] = {}  # solved notebooks by the text of their scripts; none of them is ever changed
_SETUP = """\
# Colab starts without the course package: this installs it there. Elsewhere it does nothing.
from importlib.util import find_spec

if find_spec("course_utils") is None:
    %pip install --quiet "training-dynamics-kit=={version}"\
"""


class PutStubs(ClearSolutions):
    """nbgrader's ClearSolutions with a stub that names the exercise, as in "Exercise 2.1"."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        self._numbers = _exercise_numbers(nb)
        return super().preprocess(nb, resources)

    def preprocess_cell(self, cell: NotebookNode, resources: dict, cell_index: int) -> tuple[NotebookNode, dict]:
        number = self._numbers.get(cell.metadata.get("nbgrader", {}).get("grade_id"), "")
        name = f"Exercise {number}" if number else "This exercise"
        self.code_stub = {"python": f'raise NotImplementedError("{name}: replace this line with your code")'}
        return super().preprocess_cell(cell, resources, cell_index)


# What `nbgrader generate_assignment` runs too, through nbgrader_config.py; there SaveCells stands between the last two.
BEFORE_SAVING = (LockCells, PutStubs, ClearOutput, CheckCellMetadata, ComputeChecksums)
AFTER_SAVING = (ClearMarkScheme, ComputeChecksums, CheckCellMetadata)


def preprocessor_config() -> Config:
    """The settings of nbgrader's preprocessors that the build relies on."""
    config = Config()
    config.ClearSolutions.text_stub = "*Write your answer here.*"
    # A marking scheme may stand in a written answer, which nbgrader allows for task cells only.
    config.ClearMarkScheme.enforce_metadata = False
    return config


def release_settings() -> Config:
    """The settings with which nbgrader takes a solved notebook into its gradebook and releases it."""
    config = preprocessor_config()
    config.CourseDirectory.root = str(ROOT / "course")
    config.GenerateAssignment.preprocessors = [*BEFORE_SAVING, SaveCells, *AFTER_SAVING]
    return config


def solved_notebook(assignment: Assignment) -> NotebookNode:
    """The solved script as a notebook: nbgrader metadata, derived ids, no outputs."""
    script = assignment.script.read_text(encoding="utf-8")
    if script not in _read:
        remember(script, _solved(script))
    return nbformat.from_dict(_read[script])


def remember(script: str, solved: NotebookNode) -> None:
    """Note in this process which solved notebook the text of a script gives, as reading it takes a while."""
    _read[script] = solved


def _solved(script: str) -> NotebookNode:
    import jupytext  # takes a while too, and a regrade may need none

    notebook = jupytext.reads(script, fmt="py:percent")
    notebook.cells.insert(
        1, nbformat.v4.new_code_cell(_SETUP.format(version=kit_version()), metadata={"tags": ["setup"]})
    )
    taken: Counter = Counter()
    for cell in notebook.cells:
        cell.metadata = _metadata(cell)
        cell.id = _derived_id(cell, taken)
    notebook.metadata = NotebookNode(kernelspec=NotebookNode(KERNEL), language_info=NotebookNode(name="python"))
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    nbformat.validate(notebook)
    return notebook


def student_notebook(solved: NotebookNode) -> NotebookNode:
    """What students get: stubs for solutions, no marking schemes, checksums on what is graded or locked."""
    notebook = nbformat.from_dict(solved)
    config = preprocessor_config()
    # What looks whether the metadata is in order looks once, at the end: it takes longer than all the others together.
    changing = [each for each in (*BEFORE_SAVING, *AFTER_SAVING) if each is not CheckCellMetadata]
    for preprocessor in (*changing, CheckCellMetadata):
        notebook, _ = _run(preprocessor, notebook, config)
    return notebook


def _run(preprocessor: type[NbGraderPreprocessor], notebook: NotebookNode, config: Config) -> tuple[NotebookNode, dict]:
    return preprocessor(config=config).preprocess(notebook, {"nbgrader": {}})


def kit_version() -> str:
    """The version of the kit, which notebooks install on Colab."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def _metadata(cell: NotebookNode) -> NotebookNode:
    """The nbgrader metadata that a cell's header stands for, and its tags; nothing else is kept."""
    kept = NotebookNode({"tags": cell.metadata["tags"]} if "tags" in cell.metadata else {})
    for header in _HEADERS:
        if header in cell.metadata:
            kept.nbgrader = _nbgrader_metadata(header, cell.metadata[header], cell.metadata.get("points"))
    return kept


def _nbgrader_metadata(header: str, id: str, points: float | None) -> NotebookNode:
    graded, solution = header != "exercise", header not in _LOCKED
    metadata = NotebookNode(
        schema_version=3,
        grade=graded,
        solution=solution,
        locked=header in _LOCKED,
        task=False,
        grade_id=check_id(id) if header in _LOCKED else id,
    )
    if graded:
        metadata.points = points
    return metadata


def check_id(exercise: str) -> str:
    """The grade id of an exercise's check cell."""
    return f"check-{exercise}"


def exercise_of(grade_id: str) -> str:
    """The exercise that a grade id belongs to; a written answer is its own."""
    return grade_id.removeprefix("check-")


def finding_ids(notebook: NotebookNode) -> list[str]:
    """The ids of the findings about a study, in order: locked cells with points that check no exercise."""
    exercises = set(exercise_ids(notebook))
    graded = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    checks = [exercise_of(metadata.grade_id) for metadata in graded if metadata.grade and not metadata.solution]
    return [id for id in checks if id not in exercises]


def _derived_id(cell: NotebookNode, taken: Counter) -> str:
    if "nbgrader" in cell.metadata:
        return cell.metadata.nbgrader.grade_id
    if "setup" in cell.metadata.get("tags", []):
        return "setup"
    kind = "text" if cell.cell_type == "markdown" else "code"
    derived = f"{kind}-{hashlib.sha256(cell.source.encode()).hexdigest()[:12]}"
    taken[derived] += 1
    return derived if taken[derived] == 1 else f"{derived}-{taken[derived]}"


def _exercise_numbers(notebook: NotebookNode) -> dict[str, str]:
    """For each exercise the number in the nearest heading above it."""
    numbers, current = {}, ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and (found := _HEADING.findall(cell.source)):
            current = found[-1]
        if "nbgrader" in cell.metadata:
            numbers[cell.metadata.nbgrader.grade_id] = current
    return numbers


def as_text(notebook: NotebookNode) -> str:
    """The bytes that are committed."""
    return nbformat.writes(notebook, version=4, indent=1) + "\n"


def write_notebook(assignment: Assignment) -> Path:
    """Write the student notebook of an assignment to notebooks/."""
    assignment.notebook.parent.mkdir(parents=True, exist_ok=True)
    assignment.notebook.write_text(as_text(student_notebook(solved_notebook(assignment))), encoding="utf-8")
    return assignment.notebook


def stale_notebook(assignment: Assignment) -> str:
    """Why the committed notebook is not what the script gives, or the empty string."""
    if not assignment.notebook.is_file():
        return f"{_relative(assignment.notebook, assignment)}: missing"
    expected = as_text(student_notebook(solved_notebook(assignment))).splitlines()
    committed = assignment.notebook.read_text(encoding="utf-8").splitlines()
    if committed == expected:
        return ""
    pairs = enumerate(zip(committed, expected, strict=False), 1)
    line = next((number for number, (one, other) in pairs if one != other), min(len(committed), len(expected)) + 1)
    script = _relative(assignment.script, assignment)
    return f"{_relative(assignment.notebook, assignment)}:{line}: differs from what {script} gives"


def _relative(path: Path, assignment: Assignment) -> str:
    return str(path.relative_to(assignment.root))


def orphans(assignments: list[Assignment], root: Path = ROOT) -> list[Path]:
    """Notebooks, their folders' names and public cases that no solved script gives."""
    notebooks = {assignment.notebook for assignment in assignments}
    exercises = {id for assignment in assignments for id in exercise_ids(solved_notebook(assignment))}
    cases = {root / "course_utils" / "data" / "public_cases" / f"{id}.json" for id in exercises}
    found = [*(root / "notebooks").glob("*/*.ipynb"), *(root / "course_utils/data/public_cases").glob("*.json")]
    return sorted(path for path in found if path not in notebooks | cases)


def exercise_ids(notebook: NotebookNode) -> list[str]:
    """The ids of the exercises of a solved or a student notebook, in order."""
    graded = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    return [metadata.grade_id for metadata in graded if metadata.solution and not metadata.grade]
