"""Does the emergence table follow from the table of numbers?"""

import numpy as np

from course_utils.studies.file import Study
from course_utils.studies.findings.base import finding, transitions_of
from course_utils.transitions import Transition

STEP_TOLERANCE = 0.02  # of a reported step


@finding
def study_transitions(study: Study) -> tuple[list[str], str]:
    """Verdicts and steps of the emergence table, worked out anew from the table of numbers."""
    worked_out = transitions_of(study)
    rows = {row.metric: row for row in study.reported.itertuples()}
    faults = [f"{name} is not in the emergence table" for name in worked_out if name not in rows]
    faults += [
        f"{name} is in the emergence table, and not a metric of the study" for name in rows if name not in worked_out
    ]
    for name in (name for name in worked_out if name in rows):
        faults += _faults_of_row(name, rows[name], worked_out[name])
    return faults, f"{len(rows)} transitions follow from the numbers"


def _faults_of_row(name: str, row: object, worked_out: Transition) -> list[str]:
    if row.verdict != worked_out.verdict:
        return [f"{name}: reported as {row.verdict}, and the numbers give {worked_out.verdict}. {worked_out.message}"]
    step = np.nan if worked_out.step is None else worked_out.step
    if not np.isclose(row.step, step, rtol=STEP_TOLERANCE, equal_nan=True):
        return [f"{name}: reported at step {row.step:,.0f}, and the numbers give {step:,.0f}"]
    return []
