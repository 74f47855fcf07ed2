"""A solved script as its author sees it: cells with their headers and the lines at which they stand."""

import re
from dataclasses import dataclass
from functools import cached_property

from autograder.assignments import Assignment

BEGIN_SOLUTION, END_SOLUTION = "### BEGIN SOLUTION", "### END SOLUTION"
BEGIN_MARK_SCHEME, END_MARK_SCHEME = "### BEGIN MARK SCHEME", "### END MARK SCHEME"
PAIRS = {BEGIN_SOLUTION: END_SOLUTION, BEGIN_MARK_SCHEME: END_MARK_SCHEME}
MARKERS = (*PAIRS, *PAIRS.values())
_CELL = re.compile(r"^# %%")


@dataclass(frozen=True)
class ScriptCell:
    """One cell: its header's metadata, its lines as they stand in the notebook, and the line of its header."""

    metadata: dict
    kind: str
    source: str
    line: int

    @property
    def role(self) -> str:
        """Which of the graded roles the header gives, or the empty string."""
        return next((role for role in ("exercise", "check", "finding", "written") if role in self.metadata), "")

    @property
    def id(self) -> str:
        return str(self.metadata.get(self.role, ""))

    @property
    def numbered_lines(self) -> list[tuple[int, str]]:
        """The lines of the cell with their line numbers in the script."""
        return [(self.line + offset, text) for offset, text in enumerate(self.source.splitlines(), 1)]


@dataclass(frozen=True)
class SolvedScript:
    """A solved script, read but not run."""

    assignment: Assignment

    @cached_property
    def text(self) -> str:
        return self.assignment.script.read_text(encoding="utf-8")

    @cached_property
    def cells(self) -> list[ScriptCell]:
        headers = [number for number, line in enumerate(self.text.splitlines(), 1) if _CELL.match(line)]
        import jupytext  # takes a while, and most of those who import this module want its markers

        cells = jupytext.reads(self.text, fmt="py:percent").cells
        if len(cells) != len(headers):  # text before the first header becomes a cell without one
            headers = [0, *headers]
        pairs = zip(cells, headers, strict=True)
        return [ScriptCell(dict(cell.metadata), cell.cell_type, cell.source, line) for cell, line in pairs]

    def with_role(self, role: str) -> list[ScriptCell]:
        return [cell for cell in self.cells if cell.role == role]

    def text_before(self, cell: ScriptCell) -> str:
        """The markdown between a cell and the code cell before it."""
        index, texts = self.cells.index(cell) - 1, []
        while index >= 0 and self.cells[index].kind == "markdown":
            texts.append(self.cells[index].source)
            index -= 1
        return "\n".join(reversed(texts))


def solution_lines(cell: ScriptCell) -> list[tuple[int, str]]:
    """The lines inside a cell's solution regions, with their line numbers."""
    inside, found = False, []
    for number, line in cell.numbered_lines:
        if line.strip() in (BEGIN_SOLUTION, END_SOLUTION):
            inside = line.strip() == BEGIN_SOLUTION
        elif inside:
            found.append((number, line))
    return found


def without_markers(source: str) -> str:
    """A solution as a student would hand it in: the marker lines taken out."""
    return "\n".join(line for line in source.splitlines() if line.strip() not in MARKERS)
