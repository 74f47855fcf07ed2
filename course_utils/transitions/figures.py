"""Figures of transitions: one curve with its verdict, and a timeline of what formed when."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from course_utils.figures.trajectories import log_step_axis
from course_utils.transitions.curves import Curve, step_in_words
from course_utils.transitions.fits import Fit, logistic

COLOURS = {"sudden": "#b2412c", "gradual": "#2f6f9f", "unresolved": "#8a8a8a", "none": "#c8c8c8"}
ROWS_SHOWN = 30
CURVE_POINTS = 400


class DescribedCurve(Protocol):
    """What is drawn of one curve: a `Transition` has all of it."""

    verdict: str
    curve: Curve
    fits: Mapping[str, Fit]
    step: float | None
    bracket: tuple[int, int] | None
    interval: tuple[float, float] | None
    width_interval: tuple[float, float] | None


class TwoMeasures(Protocol):
    """What is drawn of a measure and its thresholded form: a `Twin` has all of it."""

    continuous: DescribedCurve
    thresholded: DescribedCurve


def plot_transition(transition: DescribedCurve, ax: Axes | None = None, *, label: str = "") -> Axes:
    """Draw a curve's checkpoints, its fitted logistic, the bracket (shaded) and the location's 95 % interval (bar).

    The title is the verdict. Returns the axes, made anew unless given.
    """
    ax = plt.subplots(figsize=(7, 3.6), layout="constrained")[1] if ax is None else ax
    curve, colour = transition.curve, COLOURS[transition.verdict]
    if len(curve.rows) > 1:
        ax.plot(curve.steps, curve.rows[:ROWS_SHOWN].T, color="0.8", linewidth=0.6, zorder=1)
    ax.plot(curve.steps, curve.mean, "o", markersize=4, color="0.2", zorder=3, label=label or "checkpoints")
    if transition.fits and transition.verdict != "none":
        places = np.linspace(curve.x[0], curve.x[-1], CURVE_POINTS)
        ax.plot(curve.step_at(places), transition.fits["logistic"].predict(places), color=colour, zorder=2)
    if transition.interval is not None:
        ax.axvspan(*transition.bracket, color=colour, alpha=0.12, linewidth=0)
        ax.plot(transition.interval, [0.03, 0.03], color=colour, linewidth=3, transform=ax.get_xaxis_transform())
        ax.axvline(transition.step, color=colour, linestyle="--", linewidth=1)
    _step_axis(ax, curve.steps, curve.scale)
    ax.set_title(_title(transition), fontsize=10)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def plot_twin(twin: TwoMeasures, axes: Sequence[Axes] | None = None) -> np.ndarray:
    """The continuous measure and its thresholded form, one above the other; returns the two axes."""
    axes = plt.subplots(2, 1, figsize=(7, 6), sharex=True, layout="constrained")[1] if axes is None else axes
    for ax, name in zip(axes, ("continuous", "thresholded"), strict=True):
        plot_transition(getattr(twin, name), ax)
        ax.set_ylabel(name)
    return np.asarray(axes)


def _step_axis(ax: Axes, steps: np.ndarray, scale: str) -> None:
    if scale == "log" and len(steps):
        log_step_axis(ax, list(steps))
    else:
        ax.set_xlabel("training step")


def _title(transition: DescribedCurve) -> str:
    if transition.interval is None:
        return transition.verdict
    step, low, high = (step_in_words(step) for step in (transition.step, *transition.interval))
    return f"{transition.verdict}, near step {step} (95 %: {low} to {high})"


def assembly_timeline(transitions: Mapping[str, DescribedCurve], ax: Axes | None = None) -> Axes:
    """Components as bars over log step, in order of location: each bar from 10 % to 90 % of its change.

    Time runs down the page. The dot is the location and the black line its 95 % interval; the colour is the verdict. A width
    that the checkpoints only bound from above is drawn as wide as that bound, since the change lies somewhere in it.
    Components in which no change was located stand at the bottom, without a bar. Takes a mapping from names to transitions,
    such as `compare_transitions(...).transitions`; returns the axes.
    Raises ValueError for an empty mapping.
    """
    if not transitions:
        raise ValueError(
            "assembly_timeline: got no transitions; expected a mapping from names to describe_transition(...)"
        )
    height = 0.8 + 0.34 * len(transitions)
    ax = plt.subplots(figsize=(7.5, max(height, 1.8)), layout="constrained")[1] if ax is None else ax
    placed = sorted(transitions, key=lambda name: (transitions[name].step is None, transitions[name].step or 0))
    for height, name in enumerate(placed):
        _timeline_row(ax, height, transitions[name])
    ax.set_yticks(range(len(placed)), placed)
    steps = np.unique(np.concatenate([found.curve.steps for found in transitions.values()]))
    _step_axis(ax, steps, next(iter(transitions.values())).curve.scale)
    verdicts = [verdict for verdict in COLOURS if any(found.verdict == verdict for found in transitions.values())]
    handles = [Patch(color=COLOURS[verdict], label=verdict) for verdict in verdicts]
    ax.legend(handles=handles, frameon=False, fontsize=8, ncols=4, loc="lower left", bbox_to_anchor=(0, 1))
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def _timeline_row(ax: Axes, height: int, transition: DescribedCurve) -> None:
    colour = COLOURS[transition.verdict]
    if transition.step is None:
        ax.annotate("no change located", (0.02, height), xycoords=("axes fraction", "data"), va="center", fontsize=8)
        return
    start, end = change_range(transition)
    ax.barh(height, end - start, left=start, height=0.55, color=colour, alpha=0.55)
    ax.plot(transition.interval, [height, height], color="black", linewidth=1.5)
    ax.plot(transition.step, height, "o", color="black", markersize=4)


def change_range(transition: DescribedCurve) -> tuple[float, float]:
    """The steps between which a located change goes from 10 % to 90 %, within the checkpoints.

    Where the width is bounded from above only, this is the bracket, in which all of it lies.
    """
    curve, fit = transition.curve, transition.fits["logistic"].parameters
    if transition.width_interval[0] == 0:
        return transition.bracket
    places = np.linspace(curve.x[0], curve.x[-1], CURVE_POINTS)
    done = logistic(places, 0.0, 1.0, fit["centre"], fit["width"])
    done = (done - done[0]) / (done[-1] - done[0])
    start, end = np.interp([0.1, 0.9], done, places)
    return float(curve.step_at(start)), float(curve.step_at(end))
