"""Is every required metric there, with numbers that it can have?"""

import numpy as np

from course_utils.studies.file import Study
from course_utils.studies.findings.base import finding
from course_utils.studies.metrics import METRICS, Metric

MOST_MISSING = 0.25  # of the checkpoints of a metric


@finding
def study_metrics(study: Study) -> tuple[list[str], str]:
    """Every required metric with the numbers that it can have, and what is missing told as missing."""
    faults = [fault for metric in METRICS for fault in _faults_of_metric(metric, study)]
    missing = sorted({step for step, _ in study.errors})
    gaps = f"missing at {', '.join(f'{step:,}' for step in missing)}, with reasons" if missing else "nothing is missing"
    return faults, f"{len(METRICS)} metrics; {gaps}"


def _faults_of_metric(metric: Metric, study: Study) -> list[str]:
    columns = metric.columns(study.table)
    wanted = [f"{metric.prefix}{group}" for group in sorted(set(study.concept.groups))] if metric.by_group else []
    if absent := [name for name in wanted if name not in columns]:
        return [f"{metric.name}: no column {absent[0]!r}, and {len(absent) - 1} more are not there: one for each group"]
    if not columns:
        return [f"{metric.name}: the table has no column that begins with {metric.prefix!r}"]
    values = study.table[columns]
    faults = []
    outside = (values < metric.low - 1e-6) | (values > metric.high + 1e-6)
    if outside.to_numpy().any():
        step, column = outside.stack().idxmax()
        limits = f"{metric.low:g} to {metric.high:g}" if np.isfinite(metric.high) else f"{metric.low:g} or more"
        faults.append(f"{metric.name}: {column} is {values.loc[step, column]:.3g} at step {step:,}; expected {limits}")
    return faults + _faults_of_gaps(metric, study, columns)


def _faults_of_gaps(metric: Metric, study: Study, columns: list[str]) -> list[str]:
    method = metric.prefix.split(".")[0]
    explained = {step for step, name in study.errors if name == method or name in columns}
    absent = study.table[columns].isna().any(axis=1)
    faults = []
    if silent := [step for step in study.steps if absent[step] and step not in explained]:
        faults.append(f"{metric.name}: missing at step {silent[0]:,}, and no reason is told")
    if filled := [step for step in explained if step in absent.index and not absent[step]]:
        faults.append(f"{metric.name}: step {filled[0]:,} failed ({_reason(study, filled[0])}), and yet has a number")
    if absent.mean() > MOST_MISSING:
        faults.append(f"{metric.name}: missing at {absent.sum()} of {len(absent)} checkpoints")
    return faults


def _reason(study: Study, step: int) -> str:
    return next(why for (failed, _), why in study.errors.items() if failed == step)[:80]
