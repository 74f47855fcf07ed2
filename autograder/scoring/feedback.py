"""Feedback pages: one HTML file for each notebook, which stands alone and runs nothing.

A page shows the student's own answer, what became of it and why, and nothing else: no fresh case, no expected value
beyond those of the public cases, no marking scheme. All that comes from a student is escaped, the pictures apart, which
must be PNG or JPEG; and the page forbids scripts and anything from elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import jinja2
from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from autograder.authoring.notebooks import exercise_of
from autograder.execution.harmless_outputs import is_picture, plain_text
from autograder.keeping.whole_files import write_whole
from autograder.scoring.statuses import EXPLANATIONS

MAX_OUTPUT = 4000  # characters of one text output that a page shows
_FORMATTER = HtmlFormatter(style="default")
_BASE64 = re.compile(r"[^A-Za-z0-9+/=]")


@dataclass(frozen=True)
class Block:
    """One piece of a student's answer: code, written text, or an output, which may be a picture."""

    kind: str
    content: str
    picture: str = ""


@dataclass(frozen=True)
class Entry:
    """One exercise or written answer on a page."""

    name: str
    kind: str  # "passed", "failed" or "by-hand", which also colours it
    result: str
    score: float | None
    max_score: float
    message: str
    blocks: tuple[Block, ...]
    comment: str = ""  # what a person wrote about it


@dataclass(frozen=True)
class Page:
    """All that a feedback page shows."""

    assignment: str
    student: str
    status: str
    notes: tuple[str, ...] = ()
    total: float | None = None
    max_score: float = 0.0
    entries: tuple[Entry, ...] = field(default_factory=tuple)
    late_penalty: float = 0.0  # points, taken off the total already

    @property
    def explanation(self) -> str:
        return EXPLANATIONS[self.status]

    @property
    def waiting(self) -> int:
        """How many answers still wait for a person."""
        return sum(entry.kind == "by-hand" and entry.score is None for entry in self.entries)


def entries(
    notebook: NotebookNode,
    messages: dict[str, str],
    scores: dict[str, float | None],
    comments: Mapping[str, str] | None = None,
) -> tuple[Entry, ...]:
    """An entry for each exercise and written answer of a graded notebook, in its order, with a person's comments."""
    by_id = {cell.id: cell for cell in notebook.cells}
    graded = [cell for cell in notebook.cells if cell.metadata.get("nbgrader", {}).get("grade")]
    made = (_entry(cell, by_id, messages, scores) for cell in graded)
    return tuple(replace(entry, comment=plain_text((comments or {}).get(entry.name, ""))) for entry in made)


def _entry(cell: NotebookNode, by_id: dict, messages: dict[str, str], scores: dict[str, float | None]) -> Entry:
    name, points = exercise_of(cell.metadata.nbgrader.grade_id), float(cell.metadata.nbgrader.points)
    score = scores.get(name)
    if cell.metadata.nbgrader.solution:
        said = "read by a person" if score is None else "graded"
        message = "A person will read this answer." if score is None else "Graded."
        return Entry(name, "by-hand", said, score, points, message, (Block("text", plain_text(cell.source)),))
    if score is None:
        return Entry(name, "by-hand", "read by a person", score, points, plain_text(messages.get(name, "")), ())
    kind = "passed" if score == points else "failed"
    return Entry(name, kind, kind, score, points, plain_text(messages.get(name, "")), _blocks(by_id.get(name)))


def _blocks(cell: NotebookNode | None) -> tuple[Block, ...]:
    if cell is None:
        return ()
    outputs = [block for output in cell.get("outputs", []) for block in _output_blocks(output)]
    return (Block("code", plain_text(cell.source)), *outputs)


def _output_blocks(output: NotebookNode) -> list[Block]:
    data = output.get("data", {})
    pictures = [
        Block("output", _BASE64.sub("", value), kind) for kind, value in data.items() if is_picture(kind, value)
    ]
    if pictures:
        return pictures
    error = f"{output.get('ename', '')}: {output.get('evalue', '')}" if output.output_type == "error" else ""
    text = plain_text(output.get("text", "") or data.get("text/plain", "") or error)
    return [Block("output", text[:MAX_OUTPUT])] if text.strip() else []


def messages_by_exercise(verdicts: list) -> dict[str, str]:
    """The message of each verdict, by exercise."""
    return {verdict.exercise: verdict.message for verdict in verdicts}


def write_page(page: Page, path: Path) -> Path:
    """Write a feedback page."""
    write_whole(path, render(page))
    return path


def render(page: Page) -> str:
    """The HTML of a feedback page."""
    css = _FORMATTER.get_style_defs(".highlight")
    return _environment().get_template("feedback.html.j2").render(page=page, highlight_css=Markup(css))


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["points"] = _points
    environment.filters["highlight"] = lambda code: Markup(highlight(code, PythonLexer(), _FORMATTER))
    return environment


def _points(value: float | None) -> str:
    return "\N{EN DASH}" if value is None else f"{value:g}"
