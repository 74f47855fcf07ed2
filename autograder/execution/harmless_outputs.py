"""What is kept of the outputs of a student's code: text and pictures, nothing that a browser would run."""

import base64
import re

import nbformat
from nbformat import NotebookNode

from autograder.execution.harmless_markdown import defused

_PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_ESCAPES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def plain_text(text: object) -> str:
    """Text without terminal escapes, control characters, or characters that reverse the direction of reading."""
    joined = "".join(map(str, text)) if isinstance(text, list) else str(text)
    return _CONTROLS.sub("", _ESCAPES.sub("", joined))


def harmless(notebook: NotebookNode) -> NotebookNode:
    """A copy of an executed notebook that keeps streams, errors, plain text and PNG or JPEG pictures, its markdown defused."""
    cleaned = nbformat.from_dict(notebook)
    for cell in cleaned.cells:
        if cell.cell_type == "markdown":
            cell.source = defused(cell.source)
        if cell.cell_type == "code":
            cell.outputs = [kept for output in cell.outputs if (kept := _harmless_output(output)) is not None]
    return cleaned


def _harmless_output(output: NotebookNode) -> NotebookNode | None:
    if output.output_type == "stream":
        return nbformat.v4.new_output(
            "stream", name=output.get("name", "stdout"), text=plain_text(output.get("text", ""))
        )
    if output.output_type == "error":
        texts = {key: plain_text(output.get(key, "")) for key in ("ename", "evalue")}
        return nbformat.v4.new_output(
            "error", **texts, traceback=[plain_text(line) for line in output.get("traceback", [])]
        )
    data = {kind: value for kind, value in output.get("data", {}).items() if is_picture(kind, value)}
    if "text/plain" in output.get("data", {}):
        data["text/plain"] = plain_text(output["data"]["text/plain"])
    return nbformat.v4.new_output("display_data", data=data) if data else None


def is_picture(kind: str, value: object) -> bool:
    """Whether a value is the base64 text of a picture of the kind it claims to be."""
    if kind not in _PICTURES or not isinstance(value, str):
        return False
    try:
        return base64.b64decode(value, validate=False).startswith(_PICTURES[kind])
    except ValueError:
        return False
