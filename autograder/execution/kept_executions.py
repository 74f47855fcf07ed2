"""Executions that are kept, so that a regrade of a submission that did not change need not execute it again.

What is kept is the executed notebook as plain data, under a hash of all that it depends on. Only an execution that nothing
befell is kept, and only one from the sandbox: outside of it a student's code could write the file itself.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path

import nbformat
from nbformat import NotebookNode

import course_utils
from autograder.execution.kit_fingerprint import kit_fingerprint, surroundings
from autograder.execution.limits import Limits
from autograder.execution.notebook import Execution
from autograder.keeping.keyed_data import keep, kept, key_of

MAX_BYTES = Limits().output_bytes + Limits().answer_bytes  # of one file: a larger one is not kept


def execution_key(restored: NotebookNode, cases: Mapping[str, str], *others: str) -> str:
    """A hash of all that an execution in the sandbox depends on, and of what else must be the `others` of a run."""
    texts = [json.dumps(part, sort_keys=True) for part in (restored, dict(cases), asdict(Limits()), others)]
    return key_of(*texts, kit_fingerprint(), *surroundings(), _given_data())


@cache
def _given_data() -> str:
    """The files of data that a student's code can read, by name, size and time; their contents take too long to read."""
    folder = Path(course_utils.__file__).parent / "data"
    found = [(path, path.stat()) for path in sorted(folder.rglob("*")) if path.is_file()]
    return key_of(*(f"{path.relative_to(folder)} {stat.st_size} {stat.st_mtime_ns}" for path, stat in found))


def keep_execution(path: Path, key: str, execution: Execution | None) -> None:
    """Write an execution that can be used again to a file, or remove what is there if there is none."""
    usable = execution is not None and not execution.events
    if not (usable and keep(path, key, execution.notebook, MAX_BYTES)):
        path.unlink(missing_ok=True)


def kept_execution(path: Path, key: str) -> Execution | None:
    """The execution that was kept under this very key; None where there is none, or where the file is damaged."""
    notebook = kept(path, key, MAX_BYTES)
    return None if notebook is None else Execution(nbformat.from_dict(notebook), (), 0.0)
