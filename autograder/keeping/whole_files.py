"""Files that are there whole or not at all, so that a run that is killed, or a disk that fills up, leaves no half of one."""

import os
import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write a text file in one step: whoever reads it finds the old text or the new one. Makes its folder.

    Raises OSError, with nothing left behind, where the disk is full or the folder cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)  # mkstemp's own is for one user alone, and formgrader may be another
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def remove_parts(folder: Path) -> None:
    """Remove what a killed run left of files that it was writing."""
    for path in folder.rglob(".*.part"):
        path.unlink(missing_ok=True)
