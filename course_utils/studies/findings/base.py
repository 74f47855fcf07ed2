"""What a finding about a study is, and what several of them need: the transition of each metric."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps

import numpy as np

from course_utils.studies.file import Study
from course_utils.studies.metrics import metrics_of
from course_utils.transitions import Transition, describe_transition

CONCEPT, GENERAL = "log-odds", "general loss"  # the metric that a study is about, and what it is held against
SHOWN = 3  # faults told at once


@dataclass(frozen=True)
class Finding:
    """What was found under a name: passed or not, or None where a person has to decide, and a message to act on."""

    name: str
    passed: bool | None
    message: str


def finding(function: Callable[[Study], tuple[list[str], str]]) -> Callable[[Study], Finding]:
    """Make a finding of a function that gives the faults of a study, and what to say where there are none."""

    @wraps(function)
    def found(study: Study) -> Finding:
        faults, otherwise = function(study)
        return Finding(function.__name__, not faults, told(faults) if faults else otherwise)

    return found


def told(faults: list[str]) -> str:
    """Faults as lines, the first few of many."""
    more = [f"and {len(faults) - SHOWN} more"] if len(faults) > SHOWN else []
    return "\n".join([*faults[:SHOWN], *more])


def transitions_of(study: Study) -> dict[str, Transition]:
    """The transition of each metric, worked out from the table of a study; none where that has no checkpoint."""
    if not study.steps:
        return {}
    metrics = metrics_of(study.table, study.circuit)
    return {name: _transition(tuple(study.steps), values.tobytes(), values.shape) for name, values in metrics.items()}


@lru_cache(maxsize=256)  # of a few studies at a time, of which each finding and the page ask for the same
def _transition(steps: tuple[int, ...], values: bytes, shape: tuple[int, ...]) -> Transition:
    return describe_transition(steps, np.frombuffer(values).reshape(shape))
