"""When does an answer count as equal to the expected one? One file a kind of value; the check and the grader use the same.

A new comparator is a subclass of `Comparator` in a file of its own, imported here: `from_json` knows the ones that are.
"""

from course_utils.checking.comparators.base import COMPARATORS, Comparator, Mismatch, from_json
from course_utils.checking.comparators.figures import drawn_figure
from course_utils.checking.comparators.numbers import close, exact_integers
from course_utils.checking.comparators.sets import same_set
from course_utils.checking.comparators.steps import step_in_bracket
from course_utils.checking.comparators.tables import table
from course_utils.checking.comparators.truth import same_truth
from course_utils.checking.comparators.vectors import up_to_permutation, up_to_sign

__all__ = [
    "COMPARATORS",
    "Comparator",
    "Mismatch",
    "close",
    "drawn_figure",
    "exact_integers",
    "from_json",
    "same_set",
    "same_truth",
    "step_in_bracket",
    "table",
    "up_to_permutation",
    "up_to_sign",
]
