"""What a notebook file holds as it was last saved: written answers and the code of exercises, found by nbgrader's ids.

    notebook = read_notebook("milestone.ipynb")
    answer = notebook.answer("emergence_analysis")      # .text, and .lacking: why it is no answer yet
    for code in notebook.exercises: ...                 # .name, .text, .lacking

The file is read as JSON and nothing in it is run.

Pitfall: what stands in the browser and was not saved is not in the file. `saved` says when it was.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

STUB = "*Write your answer here.*"
CODE_STUB = "raise NotImplementedError("
_MARKERS = ("### BEGIN SOLUTION", "### END SOLUTION")
_SCHEME = ("### BEGIN MARK SCHEME", "### END MARK SCHEME")


class NotebookFileError(ValueError):
    """A file that cannot be read as a notebook; the message says why, and what to do."""


@dataclass(frozen=True)
class Answer:
    """What a student wrote in one cell, and, unless it is an answer, what it lacks in words."""

    name: str
    text: str
    lacking: str = ""


@dataclass(frozen=True)
class SavedCell:
    """A cell with an id of nbgrader: whether it is "markdown" or "code", and graded by itself."""

    grade_id: str
    kind: str
    graded: bool
    text: str


@dataclass(frozen=True)
class SavedNotebook:
    """The cells of a notebook that nbgrader knows by an id, and when the file was saved."""

    name: str
    saved: datetime
    cells: tuple[SavedCell, ...]

    def answer(self, grade_id: str) -> Answer:
        """The written answer of an id; where the cell is gone, empty, or still asks for an answer, `lacking` says so."""
        found = [cell for cell in self.cells if cell.grade_id == grade_id and cell.kind == "markdown"]
        if not found:
            return Answer(grade_id, "", f"{self.name} has no written answer {grade_id}; its cell was removed.")
        return _written(grade_id, found[0].text)

    @property
    def exercises(self) -> tuple[Answer, ...]:
        """The code of each exercise, in the order of the notebook."""
        return tuple(
            Answer(cell.grade_id, cell.text, _lacking_code(cell.text))
            for cell in self.cells
            if cell.kind == "code" and not cell.graded
        )


def read_notebook(path: str | Path) -> SavedNotebook:
    """The notebook that a file holds.

    Raises FileNotFoundError where there is none, NotebookFileError, saying why, for a file that is no notebook of format 4.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path.name} is not there: save the notebook, or give the path under which it lies")
    try:
        form = json.loads(path.read_text(encoding="utf-8"))
        cells = tuple(_cell(cell) for cell in form["cells"] if _grade_id(cell))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotebookFileError(
            f"{path.name} cannot be read as a notebook ({type(error).__name__}: {str(error)[:100]}); save it again"
        ) from error
    return SavedNotebook(path.name, datetime.fromtimestamp(path.stat().st_mtime), cells)


def _grade_id(cell: dict) -> Any:
    return cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")


def _cell(cell: dict) -> SavedCell:
    source = cell["source"]
    text = source if isinstance(source, str) else "".join(source)
    graded = bool(cell["metadata"]["nbgrader"].get("grade"))
    return SavedCell(str(_grade_id(cell)), str(cell["cell_type"]), graded, _without_markers(text))


def _without_markers(text: str) -> str:
    """A cell without the lines that mark a solution, and without a marking scheme."""
    kept, inside = [], False
    for line in text.splitlines():
        inside = inside or line.strip() == _SCHEME[0]
        if not inside and line.strip() not in _MARKERS:
            kept.append(line)
        inside = inside and line.strip() != _SCHEME[1]
    return "\n".join(kept).strip()


def _written(grade_id: str, text: str) -> Answer:
    """An answer; the line that asks for one is taken out where something follows it, as then it was left by oversight."""
    if not text:
        return Answer(grade_id, "", "Not written yet: the cell is empty.")
    before, stub, after = text.rpartition(STUB)
    if not stub:
        return Answer(grade_id, text)
    if after.strip():
        return Answer(grade_id, f"{before.strip()}\n\n{after.strip()}".strip())
    return Answer(grade_id, before.strip(), f'Not written yet: the cell still ends in "{STUB.strip("*")}"')


def _lacking_code(text: str) -> str:
    return "not written yet" if CODE_STUB in text else ""
