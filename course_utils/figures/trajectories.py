"""Figures over training: measures on a log-step axis, with the steps marked at which something happened.

Step 0 is a checkpoint like any other, and a logarithm has no place for it. The axis used here is linear up to the first
positive step and logarithmic from there on, so that step 0 stands at its left end.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

LABEL_ROWS = 3  # labels of neighbouring marks stand at different heights, so that they do not cover each other


def log_step_axis(axis: Axes, steps: Sequence[int]) -> Axes:
    """Give an axes a log-step axis that has room for step 0, and return it. Raises ValueError for negative steps."""
    positive = np.asarray([step for step in steps if step > 0])
    if min(steps, default=0) < 0:
        raise ValueError(f"log_step_axis: got step {min(steps)}; expected steps of 0 or more")
    first = int(positive.min()) if positive.size else 1
    axis.set_xscale("symlog", linthresh=first, linscale=0.3)
    axis.set_xlim(0 if min(steps, default=0) == 0 else first, max([*steps, first]) * 1.05)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    axis.set_xlabel("training step (log scale)")
    return axis


def plot_trajectories(
    table: pd.DataFrame, *, ylabel: str = "", title: str = "", axis: Axes | None = None, **style: object
) -> Axes:
    """Draw each column of a table, whose index holds training steps, as a curve over log step.

    A missing value is drawn as a gap, never as a number. Raises ValueError for a table without rows.
    """
    if table.empty:
        raise ValueError("plot_trajectories: the table has no rows; expected one for each checkpoint")
    axis = plt.subplots(figsize=(8, 4), layout="constrained")[1] if axis is None else axis
    for name in table.columns:
        label = str(name).replace("_", " ")
        axis.plot(
            table.index, table[name], **{"marker": ".", "markersize": 4, "linewidth": 1.4, "label": label, **style}
        )
    log_step_axis(axis, list(table.index))
    axis.set(ylabel=ylabel, title=title)
    axis.spines[["top", "right"]].set_visible(False)
    if len(table.columns) > 1:
        axis.legend(frameon=False)
    return axis


def mark_steps(axis: Axes, marks: Mapping[str, int | None]) -> None:
    """Annotate steps with a vertical line and a label that gives the step; a mark at None is left out.

    Returns nothing, as a notebook would print an axes above its figure.
    """
    present = sorted(((step, name) for name, step in marks.items() if step is not None))
    for row, (step, name) in enumerate(present):
        axis.axvline(step, color="0.45", linestyle="--", linewidth=1)
        axis.annotate(
            f"{name}\nstep {step:,}",
            xy=(step, 0.62 - 0.16 * (row % LABEL_ROWS)),
            xycoords=("data", "axes fraction"),
            xytext=(6, 0),
            textcoords="offset points",
            fontsize=9,
            color="0.25",
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1.5},
        )


def plot_with_intervals(
    curves: Mapping[str, pd.DataFrame], *, ylabel: str = "", title: str = "", axis: Axes | None = None
) -> Axes:
    """Draw curves by name, each a table of `mean`, `low` and `high` by step, as lines in bands.

    A missing checkpoint is a gap in line and band. Raises ValueError for no curves, KeyError for a table without these columns.
    """
    if not curves:
        raise ValueError("plot_with_intervals: got no curves; expected at least one, as in {'accuracy': table}")
    lines = pd.DataFrame({name: table["mean"] for name, table in curves.items()})
    axis = plot_trajectories(lines, ylabel=ylabel, title=title, axis=axis)
    for line, table in zip(axis.get_lines()[-len(curves) :], curves.values(), strict=True):
        band = {"color": line.get_color(), "alpha": 0.18, "linewidth": 0}
        axis.fill_between(table.index, table["low"].astype(float), table["high"].astype(float), **band)
    return axis


def mark_missing(axis: Axes, missing: Mapping[int, str]) -> None:
    """Mark steps that have no value with a cross at the foot of the axes; the reasons are by step, as in `missing_steps`."""
    for step in missing:
        axis.plot(step, 0.02, marker="x", color="tab:red", transform=axis.get_xaxis_transform(), clip_on=False)
    if missing:
        steps = ", ".join(f"{step:,}" for step in missing)
        axis.annotate(
            f"missing: {steps}", (0.99, 0.05), xycoords="axes fraction", ha="right", fontsize=8, color="tab:red"
        )
