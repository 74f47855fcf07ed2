"""Marking schemes of written answers, put where a person who grades by hand will read them."""

import nbformat
from nbformat import NotebookNode

from autograder.authoring.solved_script import BEGIN_MARK_SCHEME, BEGIN_SOLUTION, END_MARK_SCHEME, END_SOLUTION

MARKING_SCHEME = "marking-scheme"  # the tag of the cells that students never see


def with_marking_schemes(notebook: NotebookNode, solved: NotebookNode) -> NotebookNode:
    """A copy of a graded notebook in which the marking scheme follows each written answer."""
    schemes = {cell.metadata.nbgrader.grade_id: cell.source for cell in solved.cells if _is_written(cell)}
    copy = nbformat.from_dict(notebook)
    copy.cells = [shown for cell in notebook.cells for shown in (cell, *_scheme_after(cell, schemes))]
    return nbformat.from_dict(copy)


def _is_written(cell: NotebookNode) -> bool:
    metadata = cell.metadata.get("nbgrader", {})
    return bool(metadata.get("grade") and metadata.get("solution"))


def written_answers(notebook: NotebookNode) -> dict[str, str]:
    """The text of each written answer of a notebook, by its id."""
    return {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if _is_written(cell)}


def _scheme_after(cell: NotebookNode, schemes: dict[str, str]) -> list[NotebookNode]:
    if not _is_written(cell) or cell.metadata.nbgrader.grade_id not in schemes:
        return []
    source = schemes[cell.metadata.nbgrader.grade_id]
    text = "\n\n".join(
        [
            "**Marking scheme** (not shown to students)",
            region(source, BEGIN_MARK_SCHEME, END_MARK_SCHEME),
            "**A model answer**",
            region(source, BEGIN_SOLUTION, END_SOLUTION),
        ]
    )
    id = f"scheme-{cell.metadata.nbgrader.grade_id}"[:64]
    return [nbformat.v4.new_markdown_cell(text, id=id, metadata={"tags": [MARKING_SCHEME]})]


def region(source: str, begin: str, end: str) -> str:
    """The text between two markers, or the empty string."""
    lines = [line.strip() for line in source.splitlines()]
    if begin not in lines or end not in lines:
        return ""
    return "\n".join(source.splitlines()[lines.index(begin) + 1 : lines.index(end)]).strip()
