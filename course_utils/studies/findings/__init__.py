"""What a machine can find about a study from the numbers that it reports: each finding is one function of a `Study`.

    study_checkpoints   8 to 15 steps, evenly spaced in log step, before and after the change, and in it where there are any
    study_metrics       every required metric, in its range, with nothing filled in where something is missing
    study_transitions   the emergence table follows from the table of numbers
    study_figures       the figures show these numbers on a log-step axis, labelled, with the transitions marked
    study_claims        each claim of sudden or gradual is what the numbers give, or is argued

`recomputation` has the last one, whether the numbers are those that the code gives. The same functions run in the
student's notebook and when it is graded, on plain data, so that nobody is surprised.

A new finding is a function in a file of its own, and a name in the list below.

Pitfall: a study can pass all of these and be wrong about its concept. That is for the written parts, and for a person.
"""

from collections.abc import Callable

from course_utils.studies.file import Study
from course_utils.studies.findings.base import CONCEPT, GENERAL, Finding, told, transitions_of
from course_utils.studies.findings.checkpoints import study_checkpoints
from course_utils.studies.findings.claims import study_claims
from course_utils.studies.findings.figures import study_figures
from course_utils.studies.findings.metrics import study_metrics
from course_utils.studies.findings.transitions import study_transitions

__all__ = ["CONCEPT", "FINDINGS", "GENERAL", "Finding", "told", "transitions_of"]

FINDINGS: dict[str, Callable[[Study], Finding]] = {
    found.__name__: found
    for found in (study_checkpoints, study_metrics, study_transitions, study_figures, study_claims)
}
