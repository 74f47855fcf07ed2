"""Answers -> verdicts -> nbgrader's gradebook and feedback pages."""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "expected": ["grading_for", "release_of", "solved_of"],
        "filing": ["finished"],
        "statuses": ["EXPLANATIONS", "UNGRADED", "gravest"],
        "verdicts": ["Grading", "Verdict", "score", "write_verdicts"],
    },
)
