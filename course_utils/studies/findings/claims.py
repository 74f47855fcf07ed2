"""Is each claim of a study what its numbers give, or argued?"""

from course_utils.studies.file import Study
from course_utils.studies.findings.base import CONCEPT, GENERAL, finding, transitions_of
from course_utils.transitions import VERDICTS

LEAST_CLAIMS = 3
LEAST_ARGUMENT = 80  # characters, below which a text is no argument


@finding
def study_claims(study: Study) -> tuple[list[str], str]:
    """A verdict claimed for the concept, the general loss and one metric more: what the numbers give, or argued."""
    worked_out = transitions_of(study)
    faults = [f"nothing is claimed of the {name}" for name in (CONCEPT, GENERAL) if name not in study.claims]
    if len(study.claims) < LEAST_CLAIMS:
        faults.append(f"{len(study.claims)} claims; expected at least {LEAST_CLAIMS}")
    argued = []
    for name, claim in study.claims.items():
        if name not in worked_out or claim not in VERDICTS:
            faults.append(
                f"{name}: {claim!r}; expected one of {', '.join(VERDICTS)} for one of {', '.join(worked_out)}"
            )
        elif claim != worked_out[name].verdict and len(study.arguments.get(name, "").strip()) < LEAST_ARGUMENT:
            faults.append(
                f"{name}: claimed as {claim} without an argument, and the numbers say: {worked_out[name].message}"
            )
        elif claim != worked_out[name].verdict:
            argued.append(name)
    supported = f"{len(study.claims) - len(argued)} claims are what the numbers give"
    return faults, f"{supported}; argued otherwise, for a person to read: {', '.join(argued)}" if argued else supported
