"""Files that somebody else put into a folder: which of them are really in it."""

from pathlib import Path


def is_own(path: Path, folder: Path) -> bool:
    """Whether a path is really inside a folder: no link leads to it, or out."""
    return path.exists() and not path.is_symlink() and path.resolve().is_relative_to(folder.resolve())
