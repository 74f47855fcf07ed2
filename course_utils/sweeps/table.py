"""Sweeps: functions of a model applied at many training steps, kept as a table.

    table = sweep(suite, {"loss": loss, "heads": head_scores}, steps=suite.select(12), cache_dir="cache")
    plot_trajectories(table[["loss"]])

A function takes the opened model and returns a number, a dict or a Series of numbers (columns "heads.0.3", one for each key
or label) or a 1-D array (columns "name.0", "name.1", ...). The index of the table is the step.

What goes wrong is kept, not smoothed over: a cell whose function raised is missing (NaN), and `table.attrs["errors"]` says
why, by (step, name); a step that cannot be opened leaves all its cells missing, with the reason. The other cells go on.

With `cache_dir` finished cells are kept on disk at once, so a sweep that was stopped, or killed, goes on where it was, and a
new function is computed without repeating the old ones. What a cell is known by is told in `cache` and
`fingerprint`: change the function, a value that it uses, or the weights, and it is computed anew.

Pitfalls: a curve is known at its steps only. Numbers that come from other machines, threads or batch sizes agree to
rounding, not to the last digit. Global random generators are seeded anew for each cell, so a function that draws from
them gives the same at every run, but different draws at each step: better, give it a seed of its own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm.auto import tqdm

from course_utils.suites.base import Suite
from course_utils.suites.reasons import told
from course_utils.sweeps.cache import CellCache, cell_key
from course_utils.sweeps.cells import Outcome, generators_put_back, measure, not_a_number
from course_utils.sweeps.fingerprint import function_fingerprint
from course_utils.sweeps.workers import run_in_processes, run_on_scheduler

Measure = Callable[[Any], Any]


def sweep(
    suite: Suite,
    functions: Mapping[str, Measure],
    steps: Iterable[int] | None = None,
    cache_dir: str | Path | None = None,
    workers: int = 1,
    scheduler: str | None = None,
    *,
    progress: bool = True,
) -> pd.DataFrame:
    """A table of functions over training steps: one row per step, columns as the head of this file says.

    `steps` are all of the suite's unless given. `workers` processes share the steps on this machine; `scheduler`, the address
    of a dask.distributed scheduler ("tcp://..."), shares them among its machines. The numbers are the same.

    Raises TypeError or ValueError for arguments that do not fit, KeyError, before anything is computed, for a step
    that does not exist; with `cache_dir` NoFingerprintError for a function that cannot be told from another one. An
    interrupt (KeyboardInterrupt) goes through; with `cache_dir` nothing that was finished is lost.
    """
    _check(functions, workers, scheduler)
    chosen = sorted({suite.existing(step) for step in (suite.steps if steps is None else steps)})
    if not chosen:
        raise ValueError("got no steps; expected at least one, as in suite.select(10)")
    cells = _Cells(suite, dict(functions), None if cache_dir is None else Path(cache_dir))
    with generators_put_back(), tqdm(total=len(chosen), desc="sweep", unit="step", disable=not progress) as bar:
        if workers == 1 and scheduler is None:
            _in_turn(cells, chosen, bar)
        else:
            _side_by_side(cells, chosen, bar, workers, scheduler)
    return as_table({step: cells.outcomes[step] for step in chosen}, list(functions))


class _Cells:
    """The outcomes so far, by step and name, those of earlier sweeps among them."""

    def __init__(self, suite: Suite, functions: dict[str, Measure], cache_dir: Path | None) -> None:
        self.suite, self.functions = suite, functions
        self.cache = None if cache_dir is None else CellCache(cache_dir)
        cached = self.cache is not None
        self.fingerprints = {name: function_fingerprint(function) for name, function in functions.items() if cached}
        self.keys: dict[int, dict[str, str]] = {}
        self.outcomes: dict[int, dict[str, Outcome]] = {}

    def missing(self, step: int) -> dict[str, Measure]:
        """The functions still to be applied at a step, once what is in the cache has been taken from there."""
        found = self.outcomes.setdefault(step, {})
        if self.cache is not None:
            try:
                weights = self.suite.weights_hash(step)
            except Exception as error:  # noqa: BLE001  a step without readable weights is told, and the others go on
                found.update({name: Outcome(error=told(error)) for name in self.functions})
                return {}
            marks = self.fingerprints.items()
            self.keys[step] = {name: cell_key(self.suite, step, weights, mark) for name, mark in marks}
            kept = {name: self.cache.read(key) for name, key in self.keys[step].items()}
            found.update({name: Outcome(value) for name, value in kept.items() if value is not None})
        return {name: function for name, function in self.functions.items() if name not in found}

    def add(self, step: int, name: str, outcome: Outcome, keep: bool = True) -> None:
        self.outcomes[step][name] = outcome
        if keep and self.cache is not None and outcome.error is None:
            about = {"suite": str(self.suite.name), "step": step, "function": name}
            self.cache.write(self.keys[step][name], outcome.value, about)


def _in_turn(cells: _Cells, steps: list[int], bar: tqdm) -> None:
    for step in steps:
        bar.set_postfix(step=step)
        for name, outcome in measure(cells.suite, step, cells.missing(step)):
            cells.add(step, name, outcome)
        bar.update()


def _side_by_side(cells: _Cells, steps: list[int], bar: tqdm, workers: int, scheduler: str | None) -> None:
    jobs = []
    for step in steps:
        bar.set_postfix(step=step)
        names = list(cells.missing(step))
        if names:
            jobs.append((step, names, cells.keys.get(step, {})))
        else:
            bar.update()
    if not jobs:
        return
    for step, outcomes in _results(cells, jobs, workers, scheduler):
        bar.set_postfix(step=step)
        for name, outcome in outcomes.items():
            cells.add(step, name, outcome, keep=scheduler is not None)
        bar.update()


def _results(
    cells: _Cells, jobs: list, workers: int, scheduler: str | None
) -> Iterator[tuple[int, dict[str, Outcome]]]:
    if scheduler is not None:
        return run_on_scheduler(cells.suite, cells.functions, jobs, scheduler)
    directory = None if cells.cache is None else cells.cache.directory
    return run_in_processes(cells.suite, cells.functions, jobs, directory, min(workers, len(jobs)))


def as_table(outcomes: Mapping[int, Mapping[str, Outcome]], names: list[str]) -> pd.DataFrame:
    """Outcomes by step and name as a table whose `attrs["errors"]` gives the reason of everything missing."""
    rows: dict[int, dict[str, float]] = {}
    errors: dict[tuple[int, str], str] = {}
    columns: dict[str, list[str]] = {name: [] for name in names}
    for step, row in outcomes.items():
        rows[step] = {}
        for name in names:
            if row[name].error is not None:
                errors[step, name] = row[name].error
                continue
            numbers = _by_column(name, row[name].value)
            rows[step].update(numbers)
            columns[name] += [column for column in numbers if column not in columns[name]]
    _tell_what_is_missing(rows, errors, columns)
    order = [column for name in names for column in (columns[name] or [name])]
    if repeated := sorted({column for column in order if order.count(column) > 1}):
        raise ValueError(f"two functions give a column {repeated[0]!r}; rename one of {', '.join(names)}")
    table = pd.DataFrame.from_dict(rows, orient="index", columns=order).rename_axis("step")
    table = table.astype({column: float for column in order if table[column].dtype == object})
    table.attrs["errors"] = errors
    return table


def missing_steps(table: pd.DataFrame) -> dict[int, str]:
    """For each step at which something is missing from a table of `sweep`, the first reason that it gives."""
    reasons: dict[int, str] = {}
    for (step, name), error in sorted(table.attrs.get("errors", {}).items(), key=lambda item: item[0][0]):
        reasons.setdefault(step, f"{name}: {error}")
    return reasons


def _by_column(name: str, value: Any) -> dict[str, float]:
    if isinstance(value, dict):
        return {f"{name}.{key}": number for key, number in value.items()}
    if isinstance(value, list):
        return {f"{name}.{place}": number for place, number in enumerate(value)}
    return {name: value}


def _tell_what_is_missing(rows: dict, errors: dict, columns: dict[str, list[str]]) -> None:
    """The reason of each missing number that no error tells of."""
    for step, row in rows.items():
        for name, its_columns in columns.items():
            for column in its_columns if (step, name) not in errors else ():
                if column not in row:
                    errors[step, column] = f"KeyError: {name} returned other columns at this step"
                elif not_a_number(row[column]):
                    errors[step, column] = f"NaN: {name} itself returned a number that is none (nan)"


def _check(functions: Any, workers: Any, scheduler: Any) -> None:
    if not isinstance(functions, Mapping) or not functions:
        raise TypeError(f'got functions={functions!r}; expected {{"name": function, ...}}, at least one')
    for name, function in functions.items():
        if not isinstance(name, str) or not name:
            raise TypeError(f"got {name!r} as the name of a function; expected text")
        if not callable(function):
            raise TypeError(f"{name}: got a {type(function).__name__}; expected a function of the opened model")
    if isinstance(workers, bool) or not isinstance(workers, (int, np.integer)) or workers < 1:
        raise ValueError(f"got workers={workers!r}; expected a whole number of 1 or more")
    if scheduler is not None and workers != 1:
        raise ValueError("got both workers and scheduler; with a scheduler, its machines are the workers")
