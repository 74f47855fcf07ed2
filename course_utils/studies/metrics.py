"""The metrics of a study: which columns of its table belong to each, in which unit, and what range they can have.

    metrics_of(table, circuit)      name -> (group, step), or (step,) for what is one number for each checkpoint

The table is what `sweep` gives for the methods of a study, a row for each step:

    concept.loss.GROUP        -log p of the target, nats
    concept.log_odds.GROUP    log p(target) - log p(foil), nats
    concept.completed.GROUP   share of items whose target comes first
    general.loss              nats per token of other text
    probe.GROUP               share of sentences told rightly
    lens.layer K              log-odds after layer K, nats
    ablation.COMPONENT        fall of the log-odds without it, nats
    circuit.GROUP             fall of the log-odds when the circuit's direct paths carry the contrast, nats

Groups are the unit of a study: items of one group share words, so they are averaged first, and intervals are over groups.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Metric:
    """What every study measures: its name, the columns that it is made of, its unit, and its least and greatest value."""

    name: str
    prefix: str
    unit: str
    low: float = -np.inf
    high: float = np.inf
    by_group: bool = True

    def columns(self, table: pd.DataFrame) -> list[str]:
        """The columns of a table that belong to this metric."""
        if self.prefix.endswith("."):
            return [name for name in table.columns if str(name).startswith(self.prefix)]
        return [name for name in table.columns if name == self.prefix]


METRICS = (
    Metric("concept loss", "concept.loss.", "nats", low=0.0),
    Metric("log-odds", "concept.log_odds.", "nats"),
    Metric("completion", "concept.completed.", "share of items", low=0.0, high=1.0),
    Metric("general loss", "general.loss", "nats per token", low=0.0, by_group=False),
    Metric("probe accuracy", "probe.", "accuracy", low=0.0, high=1.0),
    Metric("logit lens", "lens.", "nats", by_group=False),
    Metric("ablation effect", "ablation.", "nats", by_group=False),
    Metric("circuit strength", "circuit.", "nats"),
)
REQUIRED = tuple(metric.name for metric in METRICS)
UNITS = {metric.name: metric.unit for metric in METRICS}


def metrics_of(table: pd.DataFrame, circuit: Sequence[str]) -> dict[str, np.ndarray]:
    """For each metric its values by group and step, (group, step), or (step,) where there are no groups.

    Of the logit lens the layer in the middle is followed; of the ablations the sum over the components of the circuit. A metric
    of which the table holds no column is left out.
    """
    found = {}
    for metric in METRICS:
        columns = metric.columns(table)
        if metric.name == "logit lens" and columns:
            columns = [columns[len(columns) // 2]]
        if metric.name == "ablation effect":
            columns = [name for name in columns if name.removeprefix(metric.prefix) in circuit]
        if columns:
            values = table[columns].to_numpy(dtype=float).T
            found[metric.name] = values if metric.by_group else values.sum(axis=0)
    return found


def means(metrics: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Each metric as one curve, (step,): the mean over groups, missing where one of them is."""
    return {name: values if values.ndim == 1 else values.mean(axis=0) for name, values in metrics.items()}


def by_group(values: Sequence[float], groups: Sequence[str]) -> dict[str, float]:
    """The mean over the items of each group, groups in alphabetical order.

    >>> by_group([1.0, 3.0, 5.0], ["tea", "tea", "egg"])
    {'egg': 5.0, 'tea': 2.0}
    """
    means = pd.Series(np.asarray(values, dtype=float)).groupby(list(groups)).mean()
    return {str(group): float(mean) for group, mean in means.items()}
