"""`check(exercise, answer)`: does a student's function give what it should, and if not, why probably?

In a student's kernel the public cases are run, and what comes back says what came, what was expected, the likely cause
and which hint to read. Passing them is said as just that: other cases count when the notebook is graded.

In a grading run the same line runs the function on the cases of that run and hands the outcomes out as plain data.
Nothing is compared there: no expected answer is present where a student's code runs, and the score is decided outside.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path

from course_utils.checking.diagnosis import report
from course_utils.checking.outcomes import Call, call, place_in_cell, read_outcome
from course_utils.checking.public_cases import Case, CaseSet, load_public_cases

CASES_VARIABLE = "COURSE_KIT_CASES"  # set in a grading run: the folder that holds that run's cases
ANSWERS_MIME = "application/vnd.training-dynamics.answers+json"


class CheckFailed(AssertionError):
    """The public cases do not pass; the message says which, and the likely cause."""

    def _render_traceback_(self) -> list[str]:
        # IPython asks the exception how to show itself: the message alone, as the frames are ours and tell nothing.
        return str(self).splitlines()


def check(exercise: str, answer: Callable) -> None:
    """Check a function against the public cases of an exercise, or in a grading run hand out its answers.

    Raises CheckFailed, with a message to act on, where a public case does not agree; the student's own error, cut to
    their cell, where the function raises; LookupError for an unknown exercise.
    """
    folder = os.environ.get(CASES_VARIABLE)
    if folder:
        _hand_out(exercise, answer, Path(folder))
    else:
        _check_public_cases(load_public_cases(exercise), answer)


def _check_public_cases(cases: CaseSet, answer: Callable) -> None:
    if not callable(answer):
        raise CheckFailed(
            f"{cases.exercise}: expected the function itself, got {type(answer).__name__}. Leave out the ()."
        )
    calls = [_call_or_raise(cases.exercise, number, case, answer) for number, case in enumerate(cases.cases, 1)]
    message = report(cases, [read_outcome(made.form) for made in calls])
    if message:
        raise CheckFailed(message)
    print(f"{cases.exercise}: public cases pass ({len(calls)} of {len(calls)})")


def _call_or_raise(exercise: str, number: int, case: Case, answer: Callable) -> Call:
    made = call(answer, case.inputs(), seed=number)
    if made.exception is not None:
        raise _shown_in_cell(made.exception, f"{exercise}: the function raised an error on case {number}, {case.label}")
    return made


def _shown_in_cell(error: Exception, headline: str) -> Exception:
    """The same error, which IPython will show with the frames of the student's cells only."""
    last = f"{type(error).__name__}: {error}".removesuffix(": ")
    lines = [headline, *place_in_cell(error).splitlines(), last]
    error._render_traceback_ = lambda: lines
    return error


def _hand_out(exercise: str, answer: Callable, folder: Path) -> None:
    cases = json.loads((folder / f"{exercise}.json").read_text(encoding="utf-8"))
    calls = [
        call(answer, Case(case["label"], case["inputs"]).inputs(), seed=number) for number, case in enumerate(cases, 1)
    ]
    hand_out(exercise, [made.form for made in calls])


def hand_out(exercise: str, outcomes: list[dict]) -> None:
    """In a grading run: the encoded outcomes of a check, to whoever executes the notebook."""
    from IPython.display import publish_display_data

    publish_display_data({ANSWERS_MIME: {"exercise": exercise, "outcomes": outcomes}})
