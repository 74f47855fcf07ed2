"""What a machine can find about a study from the numbers that it reports: each finding is one function of a `Study`.

    study_checkpoints   8 to 15 steps, evenly spaced in log step, before and after the change, and in it where there are any
    study_metrics       every required metric, in its range, with nothing filled in where something is missing
    study_transitions   the emergence table follows from the table of numbers
    study_figures       the figures show these numbers on a log-step axis, labelled, with the transitions marked
    study_claims        each claim of sudden or gradual is what the numbers give, or is argued

`study_recomputation` has the last one, whether the numbers are those that the code gives. The same functions run in the
student's notebook and when it is graded, on plain data, so that nobody is surprised.

Pitfall: a study can pass all of these and be wrong about its concept. That is for the written parts, and for a person.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from course_utils.checking.figure_comparison import drawn_figure
from course_utils.studies.checkpoints import coverage_faults, spacing_faults
from course_utils.studies.file import Study
from course_utils.studies.metrics import METRICS, UNITS, Metric, means, metrics_of
from course_utils.transitions import VERDICTS, Transition, describe_transition

CONCEPT, GENERAL = "log-odds", "general loss"  # the metric that a study is about, and what it is held against
LEAST_CLAIMS = 3
LEAST_ARGUMENT = 80  # characters, below which a text is no argument
MOST_MISSING = 0.25  # of the checkpoints of a metric
STEP_TOLERANCE = 0.02  # of a reported step
SHOWN = 3  # faults told at once


@dataclass(frozen=True)
class Finding:
    """What was found under a name: passed or not, or None where a person has to decide, and a message to act on."""

    name: str
    passed: bool | None
    message: str


FINDINGS: dict[str, Callable[[Study], Finding]] = {}


def finding(function: Callable[[Study], tuple[list[str], str]]) -> Callable[[Study], Finding]:
    """Register a function that gives the faults of a study and what to say where there are none."""
    name = function.__name__

    def found(study: Study) -> Finding:
        faults, otherwise = function(study)
        return Finding(name, not faults, told(faults) if faults else otherwise)

    FINDINGS[name] = found
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
