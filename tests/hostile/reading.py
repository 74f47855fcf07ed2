"""A hostile file -> the notebook that is handed in, and what must come of it."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbformat import NotebookNode

FOLDER = Path(__file__).parent / "submissions"
EXERCISES = {"mean_of": 3.0, "largest_of": 2.0}
_CELL = re.compile(r"^# %%(.*)\n", re.MULTILINE)
_OUTCOME = re.compile(r"^# (earns|loses): (\w+)$", re.MULTILINE)


@dataclass(frozen=True)
class Hostile:
    """One hostile submission: its cells, and the points that are rightly its own."""

    name: str
    aim: str
    answers: dict[str, str]
    own_cells: tuple[str, ...]
    points: dict[str, float]

    def notebook(self, solved: NotebookNode) -> NotebookNode:
        """The solved notebook with this submission's answers and cells in it."""
        notebook = nbformat.from_dict(solved)
        for cell in notebook.cells:
            grade_id = cell.metadata.get("nbgrader", {}).get("grade_id")
            if grade_id in self.answers:
                cell.source = self.answers[grade_id]
        first = next(i for i, cell in enumerate(notebook.cells) if cell.metadata.get("nbgrader"))
        notebook.cells[first:first] = [nbformat.v4.new_code_cell(source) for source in self.own_cells]
        return notebook


def read_hostile(path: Path) -> Hostile:
    """A file of `submissions/`, read as the package's head says."""
    text = path.read_text(encoding="utf-8")
    answers, own = {}, []
    head, *cells = _CELL.split(_OUTCOME.sub("", text))
    for header, body in zip(cells[::2], cells[1::2], strict=True):
        if "[markdown]" in header:
            answers["why_mean"] = "\n".join(line.removeprefix("# ") for line in body.strip().splitlines())
            continue
        defined = [node.name for node in ast.parse(body).body if isinstance(node, ast.FunctionDef)]
        exercise = next((name for name in defined if name in EXERCISES), None)
        if exercise:
            answers[exercise] = body.strip()
        else:
            own.append(body.strip())
    changes = {exercise: kind == "earns" for kind, exercise in _OUTCOME.findall(text)}
    points = {name: full if changes.get(name, name not in answers) else 0.0 for name, full in EXERCISES.items()}
    return Hostile(path.stem, ast.get_docstring(ast.parse(head)), answers, tuple(own), points)


HOSTILE = [read_hostile(path) for path in sorted(FOLDER.rglob("*.py"), key=lambda path: path.name)]
