"""A student's files: found, read under limits, and restored into a fresh copy of the release. Static: nothing is run."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "reading": ["Missing", "Unreadable", "find_notebook", "read_submission"],
        "restoring": ["restore"],
    },
)
