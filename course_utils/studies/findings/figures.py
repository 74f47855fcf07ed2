"""Do the figures of a study show its numbers?"""

import numpy as np

from course_utils.checking.comparators import drawn_figure
from course_utils.studies.file import Study
from course_utils.studies.findings.base import finding, transitions_of
from course_utils.studies.metrics import UNITS, means, metrics_of


@finding
def study_figures(study: Study) -> tuple[list[str], str]:
    """The figures, read from their objects: curves, log-step axes, labels, marks of what is claimed."""
    if not study.figures:
        return ["no figure was handed in: figures=[figure_facts(figure)]"], ""
    drawn = {"panels": [panel for facts in study.figures for panel in facts["panels"]]}
    mismatch = drawn_figure().compare(drawn, {"panels": _expected_panels(study)})
    faults = [f"got {mismatch.got}; expected {mismatch.expected}. {mismatch.reason}".strip()] if mismatch else []
    return faults, f"{len(drawn['panels'])} panels on log-step axes, with what is claimed marked"


def _expected_panels(study: Study) -> list[dict]:
    curves = means(metrics_of(study.table, study.circuit))
    located = {name: found.step for name, found in transitions_of(study).items() if found.step is not None}
    steps = np.array(study.steps, dtype=float)
    return [
        {
            **{"scale": "log", "xlabel": "step", "ylabel": UNITS[name], "texts": [name]},
            "curves": {name: np.array([steps, values])},
            "marks": [located[name]] if name in located else [],
        }
        for name, values in curves.items()
    ]
