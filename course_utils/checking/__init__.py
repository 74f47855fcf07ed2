"""Checking a student's function: cases in, outcomes out, comparison, diagnosis.

`check(exercise, answer)` is the one line of a check cell. The grader uses the same comparators and the same reading of answers.

Nothing here knows of models, suites or studies: an input that is more than plain data is built by the room it belongs to,
which `course_utils/registry.py` names.
"""

import lazy_loader

# File by file what this room hands on; each is imported when it is first used.
__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "cell": ["CheckFailed", "check"],
        "comparators": [
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
        ],
        "diagnosis": ["advice", "likely_cause", "mismatches", "report"],
        "figures": ["figure_facts"],
        "outcomes": ["Outcome", "call", "read_outcome"],
        "plain_data": ["NotPlainData", "decode", "encode"],
        "public_cases": ["CaseSet", "load_public_cases", "read_case_set"],
    },
)
