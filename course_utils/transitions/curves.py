"""A curve over training, made ready to be fitted: validated, sorted, averaged, and placed on an axis of log step.

What happens to a curve before any model sees it decides what can be found in it, so it is done here, in one place, and
told in words (`notes`): missing checkpoints are left out, never filled in; checkpoints with the same step are averaged and
count once, since a copy is no further evidence; and step 0, for which a logarithm has no place, is put as far before the
first positive step as that one lies before the next.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

SCALES = ("log", "linear")
LINEAR_RANGE = 2.5  # on a linear axis the whole of training is this long, in the units that log-step widths have


@dataclass(frozen=True)
class Curve:
    """Usable checkpoints of a curve, in order of step.

    `steps` (n,) as given; `x` (n,) their places on the axis, log10(step) or the linear counterpart; `rows` (n_rows, n), one
    row for each item or seed; `notes`, sentences on what was left out or averaged; `scale`, "log" or "linear".
    """

    steps: np.ndarray
    x: np.ndarray
    rows: np.ndarray
    notes: tuple[str, ...]
    scale: str

    @property
    def mean(self) -> np.ndarray:
        """The curve that is fitted: the mean over rows at each checkpoint, (n,)."""
        return self.rows.mean(axis=0)

    def step_at(self, place: float | np.ndarray) -> np.ndarray:
        """The step at a place on the axis: 10^x, and on the stretch before the first positive step linear in step."""
        place = np.asarray(place, dtype=float)
        if self.scale == "linear":
            return np.interp(place, self.x, self.steps.astype(float))
        powers = 10.0**place
        if self.steps[0] > 0:
            return powers
        return np.where(place < self.x[1], np.interp(place, self.x, self.steps.astype(float)), powers)

    def decades(self, centre: float, width: float) -> float:
        """A width on the axis, around a centre, in decades of steps: itself on a log axis; inf where it reaches step 0."""
        if self.scale == "log" or not np.isfinite(width):
            return float(width)
        unit = (self.steps[-1] - self.steps[0]) / LINEAR_RANGE
        middle = float(self.steps[0]) + (centre - self.x[0]) * unit
        low, high = middle - width * unit / 2, middle + width * unit / 2
        return float(np.log10(high / low)) if low > 0 else float("inf")


def prepare_curve(steps: Sequence[float], values: Sequence, scale: str = "log") -> Curve:
    """Validate, sort and average a curve: steps (n,), values (n,) or (n_rows, n), with NaN for what is missing -> `Curve`.

    A Series or a table whose labels are the steps is read by them, whichever way round it is. What is masked is missing.

    Raises ValueError, saying what came and what was expected, for an unknown scale, for shapes that do not fit together, for
    negative, missing or infinite steps, for infinite values, and for a square table without steps as labels.
    """
    if scale not in SCALES:
        raise ValueError(f"got scale {scale!r}; expected one of {', '.join(map(repr, SCALES))}")
    steps, rows = _as_arrays(steps, values)
    notes: list[str] = []
    rows = _without_empty_rows(rows, notes)
    steps, rows = _without_missing(steps, rows, notes)
    steps, rows = _in_order(steps, rows, notes)
    return Curve(steps, step_axis(steps, scale), rows, tuple(notes), scale)


def step_axis(steps: np.ndarray, scale: str = "log") -> np.ndarray:
    """The place of each step, in order, on the axis: log10(step), or steps scaled to `LINEAR_RANGE` units in all.

    Step 0 on a log axis is placed one spacing before the first positive step: at x1 - (x2 - x1).

    >>> step_axis(np.array([0, 10, 100, 1000])).tolist()
    [0.0, 1.0, 2.0, 3.0]
    """
    if len(steps) == 0:
        return np.empty(0)
    if scale == "linear":
        span = max(float(steps[-1] - steps[0]), np.finfo(float).tiny)
        return (steps - steps[0]) / span * LINEAR_RANGE
    positive = np.log10(steps[steps > 0])
    if len(positive) == len(steps):
        return positive
    spacing = positive[1] - positive[0] if len(positive) > 1 else 1.0
    first = positive[0] if len(positive) else 0.0
    return np.concatenate([[first - spacing], positive])


def _as_arrays(steps: Sequence[float], values: Sequence) -> tuple[np.ndarray, np.ndarray]:
    try:
        steps = _numbers(steps)
        rows = np.asarray(_numbers(_by_label(steps, values)), dtype=float)
        if steps.dtype.kind not in "iu":
            steps = steps.astype(float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"steps and values have to be arrays of numbers, all rows of one length: {error}") from None
    if steps.ndim != 1 or rows.ndim not in (1, 2) or rows.shape[-1] != len(steps) or 0 in rows.shape:
        raise ValueError(
            f"got steps of shape {steps.shape} and values of shape {rows.shape}; expected steps (n_steps,) and values "
            f"(n_steps,) or (n_items_or_seeds, n_steps). {_shape_advice(steps, rows)}"
        )
    if not np.isfinite(steps).all() or (steps < 0).any():
        wrong = steps[~(np.isfinite(steps) & (steps >= 0))]
        raise ValueError(f"got step {wrong[0]}; expected finite steps of 0 or more")
    if np.isinf(rows).any():
        where = steps[np.isinf(rows).reshape(-1, len(steps)).any(axis=0)][0]
        raise ValueError(f"got an infinite value at step {where}; put NaN there if it was not measured, or clip it")
    return steps, np.atleast_2d(rows)


def _numbers(values: object) -> np.ndarray:
    """Values as an array: what is masked is missing, and a tensor's gradient is no part of it."""
    if isinstance(values, np.ma.MaskedArray):
        return values.astype(float).filled(np.nan)
    return np.asarray(values.detach().cpu() if hasattr(values, "detach") else values)


def _by_label(steps: np.ndarray, values: object) -> object:
    """Values in the order of the steps where their labels are the steps; a table whose steps are its rows is turned.

    Raises ValueError for a square table that the labels do not orient: read the wrong way round it is another curve.
    """
    if not hasattr(values, "index") or not hasattr(values, "to_numpy"):  # no pandas Series or DataFrame
        return values
    if _are_steps(values.index, steps):
        values = values.loc[list(steps)]
        return values if values.ndim == 1 else values.T
    if values.ndim == 1:
        return values
    if _are_steps(values.columns, steps):
        return values[list(steps)]
    if values.shape[0] == values.shape[1]:
        raise ValueError(
            f"got a table of {len(values)} rows and columns, neither of which are labelled with the steps; "
            "label one with them (table.index = steps), or give values.to_numpy() with checkpoints along the last axis"
        )
    return values


def _are_steps(labels: object, steps: np.ndarray) -> bool:
    """Whether labels are the steps, each once, in any order."""
    return steps.ndim == 1 and labels.is_unique and len(labels) == len(steps) and set(labels) == set(steps.tolist())


def _shape_advice(steps: np.ndarray, rows: np.ndarray) -> str:
    if rows.ndim == 2 and steps.ndim == 1 and rows.shape[0] == len(steps):
        return "Transpose the values: checkpoints go along the last axis."
    return "Give one value for each step, in the same order."


def _without_empty_rows(rows: np.ndarray, notes: list[str]) -> np.ndarray:
    empty = np.isnan(rows).all(axis=1)
    if empty.any() and not empty.all():
        notes.append(f"{empty.sum()} of {len(rows)} rows have no value at all and were left out.")
        rows = rows[~empty]
    return rows


def _without_missing(steps: np.ndarray, rows: np.ndarray, notes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    # A checkpoint that some rows lack goes as a whole: a mean over other rows than at its neighbours could jump by itself.
    missing = np.isnan(rows).any(axis=0)
    if missing.any():
        shown = ", ".join(f"{step:g}" for step in steps[missing][:5]) + (", ..." if missing.sum() > 5 else "")
        notes.append(f"{missing.sum()} of {len(steps)} checkpoints lack a value and were left out (step {shown}).")
    return steps[~missing], rows[:, ~missing]


def _in_order(steps: np.ndarray, rows: np.ndarray, notes: list[str]) -> tuple[np.ndarray, np.ndarray]:
    unique, places, counts = np.unique(steps, return_inverse=True, return_counts=True)
    if (counts > 1).any():
        notes.append(f"{(counts > 1).sum()} steps came more than once; their values were averaged and count once.")
    totals = np.zeros((len(rows), len(unique)))
    np.add.at(totals.T, places, rows.T)
    return unique, totals / counts


def step_in_words(step: float) -> str:
    """A step in words: whole, or with two decimals under 10."""
    return f"{step:,.0f}" if step >= 10 else f"{step:.2f}".rstrip("0").rstrip(".")
