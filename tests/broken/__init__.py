"""Broken submissions, one function a kind: each breaks a notebook in which every answer is right.

A kind says what must come of it: "graded" where nothing needs putting right, "repaired" where something does and every
answer is found, "unreadable" where nothing can be graded.
"""

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    name: str
    outcome: str
    make: Callable[[dict], bytes]


KINDS: list[Kind] = []


def kind(outcome: str) -> Callable:
    """Register a way to break a notebook: a function from the notebook's JSON to the bytes that are handed in."""

    def register(function: Callable[[dict], object]) -> Callable:
        def make(notebook: dict) -> bytes:
            made = function(copy.deepcopy(notebook))
            made = json.dumps(made, indent=1) if isinstance(made, (dict, list)) else made
            return made.encode() if isinstance(made, str) else made

        KINDS.append(Kind(function.__name__, outcome, make))
        return function

    return register


def cell(notebook: dict, id: str) -> dict:
    return next(cell for cell in notebook["cells"] if cell["id"] == id)


def position(notebook: dict, id: str) -> int:
    return notebook["cells"].index(cell(notebook, id))


def code(source: str, **fields: object) -> dict:
    return {
        "cell_type": "code",
        "id": "mine",
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    } | fields


from tests.broken import files, structure, texts  # noqa: E402

__all__ = ["KINDS", "cell", "code", "files", "kind", "position", "structure", "texts"]
