"""Where a study lies beside a submitted notebook, and whether it changed; what is in it is for `judging`."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from course_utils.studies.contained_files import is_own
from course_utils.studies.file import FILE, RUN

FOLDER = "study"
MAX_HASHED_BYTES = 64 * 2**20


def study_bytes(notebook: Path) -> bytes:
    """A hash of all files of the study beside a notebook, to tell whether it changed; nothing where there is none."""
    folder = notebook.parent / FOLDER
    names: Mapping[str, Path] = {
        str(path.relative_to(folder)): path
        for path in (folder / FILE, *sorted((folder / RUN).glob("*")), *sorted((folder / RUN).glob("*/*")))
        if path.is_file() and is_own(path, notebook.parent)
    }
    digest = hashlib.sha256()
    for name, path in names.items():
        digest.update(f"{name}\0".encode())
        digest.update(_of_file(path))
    return digest.digest() if names else b""


def _of_file(path: Path) -> bytes:
    """A hash of a file; of one that is too large for a checkpoint, of its size and its time."""
    stat = path.stat()
    if stat.st_size > MAX_HASHED_BYTES:
        return f"{stat.st_size} {stat.st_mtime_ns}".encode()
    return hashlib.sha256(path.read_bytes()).digest()
