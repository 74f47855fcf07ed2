"""Executions that are kept, so that a regrade of a submission that did not change need not execute it again.

What is kept is the executed notebook as plain data, under a key: a hash of all that it depends on. Only an execution that
nothing befell is kept, and only one from the sandbox: outside of it a student's code could write the file itself. A file
that is not wholly what was written, or that was made from anything else, counts as none, and the submission is executed.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import course_utils
from autograder.execute import Execution
from autograder.kit_fingerprint import kit_fingerprint, surroundings
from autograder.limits import Limits
from autograder.whole_files import write_whole

MAX_BYTES = Limits().output_bytes + Limits().answer_bytes  # of one file: a larger one is not kept


def execution_key(restored: NotebookNode, cases: Mapping[str, str], *others: str) -> str:
    """A hash of all that an execution in the sandbox depends on, and of what else must be the `others` of a run."""
    texts = [json.dumps(part, sort_keys=True) for part in (restored, dict(cases), asdict(Limits()), others)]
    return _hash(*texts, kit_fingerprint(), *surroundings(), _given_data())


@cache
def _given_data() -> str:
    """The files of data that a student's code can read, by name, size and time; their contents take too long to read."""
    folder = Path(course_utils.__file__).parent / "data"
    found = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return _hash(*(f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}" for path, stat in found))


def keep_execution(path: Path, key: str, execution: Execution | None) -> None:
    """Write an execution that can be used again to a file, or remove what is there if there is none."""
    text = _as_text(key, execution.notebook) if execution and not execution.events else ""
    if text:
        write_whole(path, text)
    else:
        path.unlink(missing_ok=True)


def kept_execution(path: Path, key: str) -> Execution | None:
    """The execution that was kept under this very key; None where there is none, or where the file is damaged."""
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):  # ValueError: no UTF-8, or no JSON
        return None
    if type(kept) is not dict or kept.get("stamp") != _stamp(key, kept.get("notebook")):
        return None
    return Execution(nbformat.from_dict(kept["notebook"]), (), 0.0)


def _as_text(key: str, notebook: NotebookNode) -> str:
    """What is written, or the empty string where that would be too large, or cannot be written."""
    try:
        text = json.dumps({"stamp": _stamp(key, notebook), "notebook": notebook})
    except RecursionError:
        return ""
    return text if len(text) <= MAX_BYTES else ""  # it is ASCII


def _stamp(key: str, notebook: object) -> str:
    """One hash over the key and the content, so that neither can be another than it was."""
    return _hash(key, json.dumps(notebook))


def _hash(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
