"""The emergence table that a study reports beside the one that its own numbers give.

Two steps count as the same when they are less than SAME decades apart: other versions of numpy and scipy move a bootstrap
interval a little, and no claim rests on that.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from course_utils.studies.report.tables import EmergenceRow, emergence_rows
from course_utils.transitions import Transition

SAME = 0.01  # decades, 2.3 %
MOST_ROWS = 100  # of what is reported: a student decides how long that table is
PARTS = ("verdict", "step", "interval", "between")
_NUMBERS = {"step": ("step",), "interval": ("low", "high"), "between": ("after", "by")}
_COLUMNS = ("metric", "verdict", "step", "low", "high", "after", "by")


@dataclass(frozen=True)
class ComparedRow:
    """One metric: what is reported and what was found anew, either of which may be None, and the parts that differ."""

    metric: str
    reported: EmergenceRow | None
    found: EmergenceRow | None
    differing: frozenset[str]


def emergence_table(transitions: Mapping[str, Transition]) -> pd.DataFrame:
    """Transitions as an emergence table: metric, verdict, step, low and high (95 % interval), after and by (bracket)."""
    nowhere = (math.nan, math.nan)
    rows = [
        (
            name,
            found.verdict,
            math.nan if found.step is None else found.step,
            *(found.interval or nowhere),
            *map(float, found.bracket or nowhere),
        )
        for name, found in transitions.items()
    ]
    return pd.DataFrame(rows, columns=_COLUMNS)


def compared(reported: pd.DataFrame, transitions: Mapping[str, Transition]) -> list[ComparedRow]:
    """A row for each metric of either table, the recomputed ones first; of a metric reported twice the first counts."""
    found = emergence_table(transitions)
    first = reported.drop_duplicates("metric").head(MOST_ROWS)
    texts = [{row.metric: row for row in emergence_rows(table)} for table in (first, found)]
    numbers = [table.set_index("metric") for table in (first, found)]
    return [
        ComparedRow(name, texts[0].get(name), texts[1].get(name), _differing(name, *numbers))
        for name in dict.fromkeys([*found["metric"], *first["metric"]])
    ]


def _differing(name: str, reported: pd.DataFrame, found: pd.DataFrame) -> frozenset[str]:
    if name not in reported.index or name not in found.index:
        return frozenset(PARTS)
    one, other = reported.loc[name], found.loc[name]
    differ = {
        part for part, columns in _NUMBERS.items() if any(not _same(one[column], other[column]) for column in columns)
    }
    return frozenset(differ | ({"verdict"} if one["verdict"] != other["verdict"] else set()))


def _same(one: float, other: float) -> bool:
    """Whether two steps are the same but for rounding; two that are missing are."""
    if not (np.isfinite(one) and np.isfinite(other)):
        return bool(np.isnan(one) and np.isnan(other))
    if min(one, other) <= 0:
        return abs(one - other) < 1
    return abs(math.log10(one / other)) <= SAME
