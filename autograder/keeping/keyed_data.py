"""Plain data that is kept in a course under a key, a hash of all that it was made from, so that it need not be made again.

A file that is not wholly what was written, or that was made from anything else, counts as none.
"""

import hashlib
import json
from pathlib import Path

from autograder.keeping.whole_files import write_whole


def keep(path: Path, key: str, content: object, most: int) -> bool:
    """Write plain data to a file, unless it would take more than `most` bytes; returns whether it did."""
    try:
        text = json.dumps({"stamp": _stamp(key, content), "content": content})
    except RecursionError:
        return False
    if len(text) > most:  # it is ASCII
        return False
    write_whole(path, text)
    return True


def kept(path: Path, key: str, most: int) -> object | None:
    """What was kept in a file under this very key; None where there is none, or where the file is damaged."""
    try:
        if path.stat().st_size > most:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # not there or not readable, no UTF-8 or no JSON, too deep
        return None
    if type(found) is not dict or found.get("stamp") != _stamp(key, found.get("content")):
        return None
    return found["content"]


def _stamp(key: str, content: object) -> str:
    """One hash over the key and the content, so that neither can be another than it was."""
    return key_of(key, json.dumps(content))


def key_of(*texts: str) -> str:
    """One hash over several texts."""
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()
