"""Are the checkpoints of a study enough to say when something changed?"""

from course_utils.studies.checkpoints import coverage_faults, spacing_faults
from course_utils.studies.file import Study
from course_utils.studies.findings.base import CONCEPT, finding, transitions_of


@finding
def study_checkpoints(study: Study) -> tuple[list[str], str]:
    """8 to 15 log-spaced steps of the suite, on both sides of the change of the log-odds."""
    faults = spacing_faults(study.steps, study.steps_available)
    change = transitions_of(study).get(CONCEPT)
    if change is None:
        return [*faults, f"the table has no {CONCEPT}, so nobody can say where the change is"], ""
    faults += coverage_faults(study.steps, study.steps_available, change.bracket)
    where = (
        "no change was located"
        if change.bracket is None
        else "change between {:,.0f} and {:,.0f}".format(*change.bracket)
    )
    return faults, f"{len(study.steps)} checkpoints from {study.steps[0]:,} to {study.steps[-1]:,}; {where}"
