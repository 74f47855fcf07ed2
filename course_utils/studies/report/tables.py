"""The numbers of a study as the rows that a page shows: what changed when, each checkpoint, and what is missing and why.

    emergence_rows(study.reported)        a row for each metric, numbers as text
    checkpoint_rows(study)                a row for each step, a text for each metric
    missing_rows(study)                   step, column and reason of everything that is missing

Pitfall: a missing number is shown as the word "missing", never as a number, a 0 or nothing.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from course_utils.studies.file import Study
from course_utils.studies.metrics import METRICS, means, metrics_of
from course_utils.texts.concepts import Concept, ConceptItem
from course_utils.transitions.curves import step_in_words

MISSING, NOWHERE = "missing", "\N{EN DASH}"
NO_REASON = "no reason was kept"
_THOUSAND, _MILLION = 1e3, 1e6


@dataclass(frozen=True)
class EmergenceRow:
    """One row of an emergence table as text: the verdict, the step, its interval, and the checkpoints around the change."""

    metric: str
    verdict: str
    step: str
    interval: str
    between: str


def number_in_words(value: float) -> str:
    """A number with about three decimals that mean something, or "missing".

    >>> number_in_words(0.12345), number_in_words(12.3456), number_in_words(float("nan"))
    ('0.123', '12.35', 'missing')
    """
    if not math.isfinite(value):
        return MISSING
    if abs(value) >= _THOUSAND:
        return f"{value:,.0f}" if abs(value) < _MILLION else f"{value:.3g}"
    digits = 3 - max(0, len(str(int(abs(value)))) - 1)
    return f"{round(value, digits) + 0.0:.{digits}f}"


def place_in_words(*steps: float) -> str:
    """One step, or two with "to" between them; a dash where there is none."""
    if any(not math.isfinite(step) for step in steps):
        return NOWHERE
    return " to ".join(step_in_words(step) for step in steps)


def emergence_rows(reported: pd.DataFrame) -> list[EmergenceRow]:
    """The rows of an emergence table, in its order."""
    return [
        EmergenceRow(
            str(row.metric),
            str(row.verdict),
            place_in_words(row.step),
            place_in_words(row.low, row.high),
            place_in_words(row.after, row.by),
        )
        for row in reported.itertuples()
    ]


def measured_metrics(study: Study) -> dict[str, np.ndarray]:
    """The mean curve of each metric that the study's table holds, (step,)."""
    return means(metrics_of(study.table, study.circuit))


def unmeasured_metrics(study: Study) -> list[str]:
    """The metrics of which the table holds no column."""
    found = metrics_of(study.table, study.circuit)
    return [metric.name for metric in METRICS if metric.name not in found]


def checkpoint_rows(study: Study) -> list[tuple[str, list[str]]]:
    """For each step the mean of each measured metric, as text."""
    curves = measured_metrics(study)
    return [
        (f"{step:,}", [number_in_words(values[place]) for values in curves.values()])
        for place, step in enumerate(study.steps)
    ]


def missing_rows(study: Study) -> list[tuple[str, str, str]]:
    """Step, column or method, and reason of what is missing; a missing number without a reason is told, too."""
    rows = {(step, name): why for (step, name), why in study.errors.items()}
    for step, name in _missing_numbers(study.table):
        if not _is_told(step, name, study.errors):
            rows[step, name] = NO_REASON
    return [(f"{step:,}", name, why) for (step, name), why in sorted(rows.items())]


def _missing_numbers(table: pd.DataFrame) -> list[tuple[int, str]]:
    places, columns = np.nonzero(~np.isfinite(table.to_numpy(dtype=float)))
    return [
        (int(table.index[place]), str(table.columns[column])) for place, column in zip(places, columns, strict=True)
    ]


def _is_told(step: int, name: str, errors: dict[tuple[int, str], str]) -> bool:
    """Whether a reason is kept for a column, or for the method that gives it, whose name its own begins with."""
    parts = name.split(".")
    return any((step, ".".join(parts[:length])) in errors for length in range(1, len(parts) + 1))


def examples(concept: Concept, count: int = 3) -> list[ConceptItem]:
    """Items of a concept to show, of as many groups as there are."""
    firsts = list({item.group: item for item in reversed(concept.items)}.values())[::-1]
    others: Sequence[ConceptItem] = [item for item in concept.items if item not in firsts]
    return [*firsts, *others][:count]
