"""A student's file -> a clean notebook of texts, under limits; nothing in it is believed and nothing is run.

Of each cell only its kind, its text, its id and its nbgrader grade id are kept. Outputs, attachments, metadata and kernel
stay behind, so that whatever was wrong with them, or hidden in them, is gone.
"""

import codecs
import json
import re
from collections.abc import Iterator
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from rapidfuzz import fuzz

from autograder.execution.harmless_outputs import plain_text

MAX_BYTES = 20 * 2**20
MAX_CELLS = 2000
MAX_CELL_CHARACTERS = 500_000
_BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_ADVICE = "Open it in JupyterLab, save it, and hand in the .ipynb file again."
_ENDING = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)
_ODD_IN_ID = re.compile(r"[^a-zA-Z0-9_-]")


class Unreadable(ValueError):
    """A submission that cannot be read as a notebook; the message may be shown to the student."""


class Missing(Unreadable):
    """No notebook was handed in."""


def find_notebook(folder: Path, name: str, *, elsewhere: bool = True) -> tuple[Path, tuple[str, ...]]:
    """The notebook to grade in a student's folder for an assignment, and what was unusual about where it was.

    Prefers NAME.ipynb; else the notebook whose name is most like it, then the newest; else a NAME.ipynb that lies in
    another place of the student's, if `elsewhere` says to look there. Raises Missing where there is none.
    """
    if folder.is_symlink():
        raise Missing("The folder that was handed in is a link to somewhere else, which is not followed.")
    exact = folder / f"{name}.ipynb"
    if _is_own_file(exact, folder):
        return exact, ()
    if found := _notebooks(folder):
        best = max(found, key=lambda path: (fuzz.ratio(_stem(path), name), path.stat().st_mtime))
        return best, (
            plain_text(f"The notebook was called {best.relative_to(folder)}; it was graded as {name}.ipynb."),
        )
    if elsewhere and (others := [path for path in _notebooks(folder.parent) if _stem(path) == name]):
        newest = max(others, key=lambda path: path.stat().st_mtime)
        place = newest.parent.relative_to(folder.parent)
        where = f"beside the folder {name}" if newest.parent == folder.parent else f"in the folder {place}"
        return newest, (plain_text(f"The notebook lay {where}, not in {'it' if place == Path() else name}."),)
    names = ", ".join(sorted(path.name for path in folder.iterdir())[:5]) if folder.is_dir() else ""
    said = f"There is no {name}.ipynb in what was handed in"
    raise Missing(plain_text(f"{said}; it holds {names}." if names else f"{said}."))


def _notebooks(folder: Path) -> list[Path]:
    """The notebooks in a folder, however deep, those included to whose name a browser added an ending."""
    return [path for path in sorted(folder.rglob("*")) if _ENDING.search(path.name) and _is_own_file(path, folder)]


def _stem(path: Path) -> str:
    return _ENDING.sub("", path.name)


def _is_own_file(path: Path, folder: Path) -> bool:
    """Whether a path is an ordinary file that really lies in a folder: no link leads to it, or out."""
    if path.is_symlink() or not path.is_file() or "__MACOSX" in path.parts:
        return False
    inside = path.resolve().is_relative_to(folder.resolve())
    return inside and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def read_submission(path: Path, *, max_bytes: int = MAX_BYTES) -> NotebookNode:
    """The texts of a submitted notebook, as a clean notebook in the newest format.

    Raises Unreadable, in words for the student, for what is too large, no text, no JSON, or no notebook.
    """
    size = path.stat().st_size
    if size > max_bytes:
        raise Unreadable(
            f"The file has {size / 2**20:.0f} MB; a notebook may have {max_bytes / 2**20:.0f} MB. "
            "Clear its outputs (Edit > Clear Outputs of All Cells), save it, and hand it in again."
        )
    return clean_notebook(_parse(_decode(path.read_bytes())))


def _decode(raw: bytes) -> str:
    if not raw.strip():
        raise Unreadable(f"The file is empty. {_ADVICE}")
    encoding = next((name for mark, name in _BYTE_ORDER_MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        # An editor that saved in the old Western encoding: every byte is a character there.
        return raw.decode("latin-1")


def _parse(text: str) -> dict:
    try:
        parsed = json.loads(text)
    except json.JSONDecodeError as error:
        cut = " It looks cut off: the end is missing." if error.pos >= len(text.rstrip()) - 1 else ""
        raise Unreadable(f"The file is not a notebook: it is not JSON (line {error.lineno}).{cut} {_ADVICE}") from error
    except (RecursionError, ValueError) as error:
        raise Unreadable(f"The file is not a notebook: what it holds cannot be read as JSON. {_ADVICE}") from error
    if type(parsed) is not dict or not ("cells" in parsed or "worksheets" in parsed):
        raise Unreadable(f"The file is JSON, but not a notebook: it has no cells. {_ADVICE}")
    return parsed


def clean_notebook(parsed: dict) -> NotebookNode:
    """A notebook that holds the texts of another one and nothing else; raises Unreadable where it has too many cells."""
    cells = list(_raw_cells(parsed))
    if len(cells) > MAX_CELLS:
        raise Unreadable(
            f"The notebook has {len(cells)} cells; at most {MAX_CELLS} are graded. Remove what is not yours."
        )
    if not cells:
        raise Unreadable(f"The notebook has no cells. {_ADVICE}")
    clean = nbformat.v4.new_notebook()
    clean.cells = [_clean_cell(cell, number) for number, cell in enumerate(cells)]
    return clean


def _raw_cells(parsed: dict) -> Iterator[dict]:
    """The cells of a notebook in the present format, or in version 3, where they lie in worksheets."""
    sheets = parsed.get("worksheets")
    groups = [sheet.get("cells") for sheet in sheets if type(sheet) is dict] if type(sheets) is list else []
    for group in [parsed.get("cells"), *groups]:
        if type(group) is list:
            yield from (cell for cell in group if type(cell) is dict)


def _clean_cell(cell: dict, number: int) -> NotebookNode:
    make = nbformat.v4.new_code_cell if cell.get("cell_type") == "code" else nbformat.v4.new_markdown_cell
    clean = make(_text(cell.get("source", cell.get("input", ""))))
    id, grade_id = cell.get("id"), _grade_id(cell)
    clean.id = _ODD_IN_ID.sub("", id)[:64] if type(id) is str and _ODD_IN_ID.sub("", id) else f"cell-{number}"
    if grade_id:
        clean.metadata["grade_id"] = grade_id
    return clean


def _grade_id(cell: dict) -> str:
    metadata = cell.get("metadata")
    nbgrader = metadata.get("nbgrader") if type(metadata) is dict else None
    grade_id = nbgrader.get("grade_id") if type(nbgrader) is dict else None
    return grade_id if type(grade_id) is str else ""


def _text(source: object) -> str:
    """The text of a cell, whose source may be a string or a list of lines, with one kind of line end."""
    if type(source) is list:
        source = "".join(line for line in source if type(line) is str)
    if type(source) is not str:
        return ""
    if len(source) > MAX_CELL_CHARACTERS:
        raise Unreadable(f"One cell has {len(source)} characters; at most {MAX_CELL_CHARACTERS} are graded.")
    text = source.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text that can be saved
