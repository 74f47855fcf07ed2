"""The finished cells of sweeps on disk: one plain JSON file for each, written whole or not at all.

A cell is known by its suite, its step, a hash of the step's weights, the dtype they are opened with, and the fingerprint of
its function (`function_fingerprint`), so that nothing is taken for a result that it is not. Failures are not kept: they
are tried again. Deleting the directory is always safe.
"""

import hashlib
import json
import math
import os
import tempfile
from pathlib import Path
from typing import Any

FORMAT = 1


class CellCache:
    """Results of cells by key, in a directory that is made where there is none."""

    def __init__(self, directory: str | Path) -> None:
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)

    def read(self, key: str) -> Any:
        """What was written under a key; None where there is nothing, or nothing whole."""
        try:
            form = json.loads((self.directory / f"{key}.json").read_text())
            return _decoded(form["value"]) if form["format"] == FORMAT and form["key"] == key else None
        except (FileNotFoundError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError):
            return None  # damaged or foreign: to be computed and written anew

    def write(self, key: str, value: Any, about: dict[str, Any]) -> None:
        """Keep a value; `about` is for people who look into the file."""
        form = {"format": FORMAT, "key": key, **about, "value": _encoded(value)}
        handle, path = tempfile.mkstemp(dir=self.directory, prefix=".writing-", suffix=".tmp")
        try:
            with os.fdopen(handle, "w") as file:
                json.dump(form, file, allow_nan=False)
            os.replace(path, self.directory / f"{key}.json")
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise


def cell_key(suite: Any, step: int, weights_hash: str, fingerprint: str) -> str:
    """The key of a cell, as hexadecimal digits."""
    dtype = getattr(suite, "dtype", None)
    told = [FORMAT, type(suite).__name__, str(suite.name), int(step), weights_hash, str(dtype), fingerprint]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _encoded(value: Any) -> Any:
    """JSON has no word for what is not finite."""
    if isinstance(value, dict):
        return {"dict": [[name, _encoded(part)] for name, part in value.items()]}
    if isinstance(value, list):
        return {"array": [_encoded(part) for part in value]}
    return {"not finite": repr(value)} if isinstance(value, float) and not math.isfinite(value) else value


def _decoded(form: Any) -> Any:
    if not isinstance(form, dict):
        return form
    if "dict" in form:
        return {name: _decoded(part) for name, part in form["dict"]}
    return [_decoded(part) for part in form["array"]] if "array" in form else float(form["not finite"])
