"""What the methods of a study are called with when they are checked: an opened checkpoint, and a concept in its tokens.

A case of such an exercise names a suite that ships, a step and the items of a concept; both are built where the student's
code runs (`given_objects`). When a study is recomputed, the checkpoint may also be one that was handed in with it: then its
files are in the case.
"""

import tempfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from course_utils.suites.base import Suite
from course_utils.suites.load import load_suite
from course_utils.texts.concepts import Concept, ConceptItem
from course_utils.texts.tokenised_concepts import TokenisedConcept, tokenise_concept


def opened_checkpoint(suite: str, step: int, seed: int | None = None) -> Any:
    """A checkpoint of a suite that ships, as an nnsight model, made anew at each call."""
    return _shipped(suite, seed).build(step)


def asked_concept(suite: str, items: list[dict[str, str]], name: str = "unseen") -> TokenisedConcept:
    """A concept from the rows of its table, in the tokens of a suite that ships."""
    return tokenise_concept(concept_of(items, name), _shipped(suite, None).tokenizer)


def concept_of(items: list[Mapping[str, str]], name: str) -> Concept:
    """A concept from rows with the fields of `ConceptItem`. Raises TypeError for a row with other fields."""
    return Concept(name, tuple(ConceptItem(**item) for item in items))


def handed_in_suite(files: Mapping[str, np.ndarray], seed: int | None = None) -> Suite:
    """The suite of a run whose files (name -> bytes as uint8) were handed in, written to a folder of its own.

    Raises ValueError for a name that leads out of that folder, otherwise as `load_suite`.
    """
    folder = Path(tempfile.mkdtemp(prefix="run-")).resolve()
    for name, content in files.items():
        path = (folder / name).resolve()
        if not path.is_relative_to(folder):
            raise ValueError(f"got a file {name!r}; expected one inside the run's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(np.asarray(content, dtype=np.uint8).tobytes())
    return load_suite(str(folder), **({} if seed is None else {"seed": seed}))


@lru_cache(maxsize=4)
def _shipped(suite: str, seed: int | None) -> Suite:
    return load_suite(suite, **({} if seed is None else {"seed": seed}))
