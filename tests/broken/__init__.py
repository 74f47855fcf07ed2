"""Broken submissions, one function a kind: each breaks a notebook in which every answer is right.

A kind says what must come of it: "graded" where nothing needs putting right, "repaired" where something does, "unreadable"
where nothing can be graded. Where running it changes that, `status` says to what; `loses` says which exercises lose their
points, "first" or "second", and every other answer must count. `folders` breaks not the notebook but where it lies.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Kind:
    name: str
    outcome: str
    make: Callable[[dict], bytes]
    status: str
    loses: tuple[str, ...]


@dataclass(frozen=True)
class FolderKind:
    """A way to hand in: `make` gets the folder of a student, the name of the assignment, and the notebook's text."""

    name: str
    status: str
    make: Callable[[Path, str, str], None]


KINDS: list[Kind] = []
FOLDER_KINDS: list[FolderKind] = []


def kind(outcome: str, *, status: str = "", loses: tuple[str, ...] = ()) -> Callable:
    """Register a way to break a notebook: a function from the notebook's JSON to the bytes that are handed in."""

    def register(function: Callable[[dict], object]) -> Callable:
        def make(notebook: dict) -> bytes:
            made = function(copy.deepcopy(notebook))
            made = json.dumps(made, indent=1) if isinstance(made, (dict, list)) else made
            return made.encode() if isinstance(made, str) else made

        KINDS.append(Kind(function.__name__, outcome, make, status or outcome, loses))
        return function

    return register


def folder_kind(status: str) -> Callable:
    """Register a way to hand a notebook in, which fills the folder of a student."""

    def register(function: Callable[[Path, str, str], None]) -> Callable:
        FOLDER_KINDS.append(FolderKind(function.__name__, status, function))
        return function

    return register


def exercises(notebook: dict) -> list[str]:
    """The ids of the exercises of a notebook, in order."""
    graded = [cell["metadata"].get("nbgrader", {}) for cell in notebook["cells"]]
    return [metadata["grade_id"] for metadata in graded if metadata.get("solution") and not metadata["grade"]]


def first(notebook: dict) -> str:
    return exercises(notebook)[0]


def second(notebook: dict) -> str:
    return exercises(notebook)[1]


def cell(notebook: dict, id: str) -> dict:
    return next(cell for cell in notebook["cells"] if cell["id"] == id)


def position(notebook: dict, id: str) -> int:
    return notebook["cells"].index(cell(notebook, id))


def source(cell: dict) -> str:
    return "".join(cell["source"])


def stub(id: str) -> str:
    """An answer cell as it was given out."""
    return f'def {id}(*args):\n    raise NotImplementedError("Exercise 2.1: replace this line with your code")'


def code(source: str, **fields: object) -> dict:
    return {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    } | fields


from tests.broken import files, folders, structure, texts  # noqa: E402

__all__ = ["FOLDER_KINDS", "KINDS", "cell", "code", "files", "folders", "kind", "position", "structure", "texts"]
