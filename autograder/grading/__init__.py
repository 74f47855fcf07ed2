"""One grading run of a class, around the stages of `autograder.grade`: what it is, how many at a time, what it saves.

Here are the run itself, the pool, saving, records, pages and the table of grades; the stages are in the rooms that they name.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "exports": ["FORMATS", "RosterMismatch", "export"],
        "pages": ["refresh_feedback", "write_feedback"],
        "pool": ["as_finished"],
        "records": ["is_done", "read_records", "write_record"],
        "run": ["Graded", "Run", "nonce_of", "start"],
        "saving": ["save"],
        "grades_csv": ["write_grades"],
    },
)
