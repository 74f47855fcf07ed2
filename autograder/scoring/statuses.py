"""What can become of a submission. A status says it in one word, so that nobody has to guess from a 0."""

from collections.abc import Iterable

# From the gravest to the mildest: a row shows the gravest that applies.
EXPLANATIONS = {
    "missing": "No notebook was handed in.",
    "unreadable": "The file that was handed in cannot be read as a notebook, so nothing could be graded.",
    "failed": "The grader itself could not finish this submission. It is no fault of the student; please report it.",
    "worker-lost": "The machines that ran this submission ended, more than once. It can be graded again on one machine.",
    "out-of-memory": "The code used more memory than a graded run may. Exercises that answered before or after count.",
    "timeout": "The code ran longer than a graded run may. Exercises that answered in time count.",
    "too-much-output": "The code printed more than a graded run keeps. Exercises that answered count.",
    "kernel-died": "The code ended its Python process. Exercises that answered before or after count.",
    "repaired": "The notebook had lost some of its structure; it was put back in order and graded.",
    "graded": "The notebook was graded.",
}
UNGRADED = frozenset({"missing", "unreadable", "failed", "worker-lost"})


def gravest(statuses: Iterable[str]) -> str:
    """The status to show where several apply; "graded" where none does."""
    found = set(statuses)
    return next((status for status in EXPLANATIONS if status in found), "graded")
