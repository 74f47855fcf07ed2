"""What is kept of the messages of a kernel that nobody trusts: well-formed outputs, no larger than agreed.

A student's code can send any message at all over its kernel's sockets, so nothing is taken for granted about what came.
"""

from nbformat import NotebookNode
from nbformat.v4 import new_output

from autograder.execution.limits import Limits
from course_utils.checking.cell import ANSWERS_MIME

CUT = "[The rest of this output was left out: a graded run keeps only so much.]\n"


def size(content: object) -> int:
    """A bound on the characters of plain data, without making a text of it; raises RecursionError for absurd depth."""
    if isinstance(content, str):
        return len(content) + 16
    if isinstance(content, dict):
        return 16 + sum(len(key) + size(value) for key, value in content.items())
    if isinstance(content, list):
        return 16 + sum(map(size, content))
    return 16


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a check that gives points."""
    metadata = cell.metadata.get("nbgrader", {})
    return bool(metadata.get("grade")) and not metadata.get("solution")


def carries_answers(cell: NotebookNode, kind: str, content: dict) -> bool:
    """Whether this is how a check hands out its answers."""
    return is_check(cell) and kind == "display_data" and ANSWERS_MIME in (content.get("data") or {})


def keep_within(cells: list[NotebookNode], limits: Limits) -> list[int]:
    """Leave in the cells what is well-formed and fits the limits; returns the cells of which something was cut.

    This is the last word: outputs that share their data by display id count each time, as they would in a file.
    """
    cut, room = [], limits.output_bytes
    for index, cell in enumerate(cells):
        if cell.cell_type != "code":
            continue
        if type(cell.execution_count) is not int:
            cell.execution_count = None
        cell.outputs, used, whole = _kept(cell, min(room, limits.cell_output_bytes), limits.answer_bytes)
        room -= used
        if not whole:
            cut.append(index)
    return cut


def _kept(cell: NotebookNode, room: int, answer_room: int) -> tuple[list[NotebookNode], int, bool]:
    kept, used, whole = [], 0, True
    for output in filter(_well_formed, cell.outputs):
        if carries_answers(cell, output.output_type, output) and size(output) <= answer_room + 1024:
            answer_room = -1024  # one set of answers in a check
        elif used + size(output) <= room:
            used += size(output)
        else:
            whole = False
            continue
        kept.append(_encodable(output))
    return kept if whole else [*kept, new_output("stream", name="stderr", text=CUT)], used, whole


def _well_formed(output: NotebookNode) -> bool:
    kind = output.get("output_type")
    if kind == "stream":
        return output.get("name") in ("stdout", "stderr") and type(output.get("text")) is str
    if kind == "error":
        lines = output.get("traceback")
        texts = [output.get("ename"), output.get("evalue"), *(lines if isinstance(lines, list) else [None])]
        return all(type(text) is str for text in texts)
    if kind in ("display_data", "execute_result"):
        return isinstance(output.get("data"), dict) and isinstance(output.get("metadata"), dict)
    return False


def _encodable(content: object) -> object:
    """The same without halves of characters, which no file can hold."""
    if isinstance(content, str):
        return content if content.isascii() else content.encode("utf-8", "replace").decode("utf-8")
    if isinstance(content, dict):
        return NotebookNode({_encodable(key): _encodable(value) for key, value in content.items()})
    if isinstance(content, list):
        return [_encodable(value) for value in content]
    return content
