"""A study's curves, drawn anew from its table by the grader: one panel a metric, and above them which checkpoints were used.

Nothing of a student's is run or copied: the numbers are a parsed `Study`, the names are those of the course's metrics. Figures
are matplotlib's own objects without pyplot, which would keep every one of a class in memory.

Pitfall: a strip of thousands of checkpoints is thinned for the eye; what is counted beside it is not.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from course_utils.figures.trajectories import log_step_axis, plot_trajectories
from course_utils.studies.file import Study
from course_utils.studies.findings import transitions_of
from course_utils.studies.metrics import UNITS, means, metrics_of
from course_utils.studies.report.html import picture
from course_utils.transitions import Transition
from course_utils.transitions.curves import step_in_words
from course_utils.transitions.figures import COLOURS

MOST_STEPS = 60  # a study has 8 to 15; a table with more than this is neither drawn nor described
GROUPS_SHOWN, SEEDS_SHOWN, TICKS_SHOWN, LABELS = 12, 4, 1500, 4
COLUMNS, SIZE, DPI = 4, (10.4, 4.6), 110
SMALL, TINY = 8, 7
ABOVE = 1.03  # where a title stands, in heights of its panel; left to itself matplotlib measures every label for that


def described(study: Study) -> dict[str, Transition]:
    """What `describe_transition` says of each metric of a study; nothing where `why_not_described` has a reason."""
    if why_not_described(study):
        return {}
    return transitions_of(study)


def why_not_described(study: Study) -> str:
    """Why no curve of a study is described or drawn, in one sentence; the empty string where they are."""
    steps = study.steps
    if not steps:
        return "The table has no checkpoint, so there is nothing to draw."
    if len(steps) > MOST_STEPS:
        return f"The table has {len(steps):,} checkpoints; more than {MOST_STEPS} are neither drawn nor described."
    if not metrics_of(study.table, study.circuit):
        return "The table has no column of a metric, so there is nothing to draw."
    return ""


def drawn(study: Study, transitions: Mapping[str, Transition]) -> str:
    """The figure of a study as a PNG in base64: the strip of its checkpoints, and a panel for each metric it describes."""
    figure = Figure(figsize=SIZE)
    rows = max(1, -(-len(transitions) // COLUMNS))
    grid = figure.add_gridspec(
        rows + 1,
        COLUMNS,
        height_ratios=[0.2, *[1] * rows],
        left=0.035,
        right=0.985,
        top=0.95,
        bottom=0.065,
        hspace=0.66,
    )
    _strip(figure.add_subplot(grid[0, :]), study)
    curves = metrics_of(study.table, study.circuit)
    others = [means(metrics_of(table, study.circuit)) for table in _other_seeds(study)]
    for place, (name, found) in enumerate(transitions.items()):
        axis = figure.add_subplot(grid[1 + place // COLUMNS, place % COLUMNS])
        _panel(axis, study, name, curves[name], found)
        for table, other in zip(_other_seeds(study), others, strict=True):
            if name in other:
                axis.plot(table.index, other[name], color="tab:orange", linewidth=0.9, linestyle=":", zorder=2)
    return picture(figure, DPI)


def _other_seeds(study: Study) -> list[pd.DataFrame]:
    """Tables of other seeds that can be drawn."""
    return [table for table in study.seeds.values() if 0 < len(table) <= MOST_STEPS][:SEEDS_SHOWN]


def _panel(axis: Axes, study: Study, name: str, values: np.ndarray, found: Transition) -> None:
    """One metric: its mean curve over its groups, crosses where it is missing, and the change that was found."""
    steps, mean = study.table.index, means({name: values})[name]
    if values.ndim > 1:
        axis.plot(steps, values[:GROUPS_SHOWN].T, color="0.8", linewidth=0.7, zorder=1)
    plot_trajectories(pd.DataFrame({name: mean}, index=steps), axis=axis, color="0.15", linewidth=1.2, markersize=3.5)
    missing = steps[~np.isfinite(mean)]
    axis.plot(missing, [0.03] * len(missing), "x", color="tab:red", markersize=4, transform=axis.get_xaxis_transform())
    if found.step is not None:
        axis.axvspan(*found.bracket, color=COLOURS[found.verdict], alpha=0.16, linewidth=0)
        axis.axvline(found.step, color=COLOURS[found.verdict], linestyle="--", linewidth=1.1)
    where = "" if found.step is None else f" near {step_in_words(found.step)}"
    axis.set_title(
        f"{name} ({UNITS[name]})\n{found.verdict}{where}", fontsize=SMALL, linespacing=1.25, loc="left", y=ABOVE
    )
    _short_ticks(axis, study.steps)


def _strip(axis: Axes, study: Study) -> None:
    """Which of the steps there are were used, on the same log-step axis."""
    available = np.unique(study.steps_available)
    shown = (
        available[np.unique(np.linspace(0, max(len(available) - 1, 0), TICKS_SHOWN).astype(int))]
        if len(available)
        else []
    )
    axis.plot(shown, np.zeros(len(shown)), "|", color="0.6", markersize=9, markeredgewidth=0.8)
    used = study.steps[:TICKS_SHOWN]
    axis.plot(used, np.zeros(len(used)), "o", color=COLOURS["gradual"], markersize=5, clip_on=False)
    axis.set_title(
        f"{len(study.steps):,} of {len(available):,} checkpoints used (dots); a bar is one that the suite has",
        fontsize=SMALL,
        loc="left",
        y=ABOVE,
    )
    axis.set_ylim(-1, 1)
    axis.set_yticks([])
    steps = [int(step) for step in (*shown, *used)]
    log_step_axis(axis, steps)
    _short_ticks(axis, steps)
    axis.spines[["top", "right", "left"]].set_visible(False)


def _short_ticks(axis: Axes, steps: Sequence[int]) -> None:
    """A few labels at powers of ten, as small as a panel needs them, and no name of the axis, which all panels share."""
    axis.xaxis.set_major_locator(FixedLocator(_places(steps)))
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda step, _: _short(step)))
    axis.tick_params(labelsize=TINY, length=2.5, pad=2)
    axis.yaxis.get_offset_text().set_fontsize(TINY)
    axis.set_xlabel("")


def _places(steps: Sequence[int]) -> list[int]:
    """Step 0, if it is there, and powers of ten, or the ends where they span none."""
    positive = [step for step in steps if step > 0] or [1]
    first, last = min(positive), max(positive)
    powers = [10**power for power in range(len(str(first)) - 1, len(str(last))) if first <= 10**power <= last]
    thinned = powers[:: -(-len(powers) // LABELS)] if len(powers) > 1 else sorted({first, last})
    return [0] * (0 in steps) + thinned


def _short(step: float) -> str:
    """A step as an axis has room for it: 500, 10k, 2M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if step >= 10 * size or step in (size, 2 * size, 5 * size):
            return f"{step / size:,.0f}{letter}"
    return f"{step:,.0f}"
