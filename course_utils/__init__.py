"""What the notebooks of the training-dynamics week import.

The package holds the given code of the course: data, models, training loops, checkpoint suites, plots and the checks.
It never holds the answer to an exercise. Importing it is light: each name is loaded at its first use, so that neither
torch nor transformers is imported before a notebook needs it.
"""

from importlib import import_module

__all__ = ["check"]

_HOME = {"check": "course_utils.checking.check_cell"}


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'course_utils' has no attribute {name!r}")
