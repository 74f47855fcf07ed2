"""Figures of puns over training: one pun at one checkpoint, ablations over checkpoints, and everything on one page.

These draw what a notebook has measured; nothing is computed here. Curves come as tables of `mean`, `low` and `high` by step, a
missing checkpoint is a gap, and its reason belongs beside the figure (`missing_steps`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_utils.figures.trajectories import mark_missing, plot_with_intervals

LEAST_SHOWN = 1e-4  # a probability below this has the colour of this one


@dataclass(frozen=True)
class Panel:
    """One panel of a dashboard: curves by name, the label of their axis, and a level drawn as a dashed line."""

    curves: Mapping[str, pd.DataFrame]
    ylabel: str
    level: float | None = None
    ylim: tuple[float, float] | None = None
    missing: Mapping[int, str] = field(default_factory=dict)


def pun_dashboard(panels: Mapping[str, Panel], *, columns: int = 3, title: str = "") -> Figure:
    """All measures of a study on one page, a panel each, on one log-step axis. Raises ValueError for no panels."""
    if not panels:
        raise ValueError("pun_dashboard: got no panels; expected at least one")
    rows = -(-len(panels) // columns)
    figure, axes = plt.subplots(rows, columns, figsize=(4.2 * columns, 3.1 * rows), layout="constrained", squeeze=False)
    for axis, (name, panel) in zip(axes.flat, panels.items(), strict=False):
        _draw_panel(axis, name, panel)
    for axis in axes.flat[len(panels) :]:
        axis.set_axis_off()
    figure.suptitle(title)
    return figure


def _draw_panel(axis: Axes, name: str, panel: Panel) -> None:
    plot_with_intervals(panel.curves, ylabel=panel.ylabel, title=name, axis=axis)
    if panel.level is not None:
        axis.axhline(panel.level, color="0.6", linestyle="--", linewidth=0.8)
    if panel.ylim is not None:
        axis.set_ylim(*panel.ylim)
    steps = [step for table in panel.curves.values() for step in table.index if step > 0]
    axis.set_xticks([0, *_decades(min(steps), max(steps))])
    axis.set_title(name, fontsize=10)
    mark_missing(axis, panel.missing)


def _decades(low: int, high: int) -> list[int]:
    """The powers of ten within a range, few enough for a small axis."""
    powers = [10**k for k in range(int(np.ceil(np.log10(low))), int(np.log10(high)) + 1)]
    return powers[:: -(-len(powers) // 4)] if powers else [high]


def draw_pun(
    words: Sequence[str],
    lens: Float[np.ndarray, "layer position"],
    first_choices: Sequence[Sequence[str]],
    likeliest: Mapping[str, float],
    *,
    target: str,
    foil: str,
    title: str = "",
) -> Figure:
    """A pun at one checkpoint: its likeliest next words, and the logit lens of its target as a heat map.

    `words` are the positions of the setup; lens[l, i] is the target's probability that layer l gives after words[i], with the
    lens's own first choice written in the cell; `likeliest` are the next words with their probabilities, likeliest first.
    """
    heights = [0.28 * len(likeliest) + 0.3, 0.4 * len(lens) + 0.3]
    figure, (above, below) = plt.subplots(
        2, 1, figsize=(9, sum(heights) + 1.6), height_ratios=heights, layout="constrained"
    )
    colors = {target: "tab:green", foil: "tab:red"}
    names = list(likeliest)
    above.barh(range(len(names)), list(likeliest.values()), color=[colors.get(name, "0.7") for name in names])
    above.set(yticks=range(len(names)), yticklabels=names, xlim=(0, 1), title="next word, with its probability")
    above.invert_yaxis()
    above.spines[["top", "right"]].set_visible(False)
    _draw_lens(below, words, lens, first_choices, target)
    figure.suptitle(title)
    return figure


def _draw_lens(
    axis: Axes, words: Sequence[str], lens: np.ndarray, first_choices: Sequence[Sequence[str]], target: str
) -> None:
    shown = np.log10(np.maximum(lens, LEAST_SHOWN))
    image = axis.imshow(shown, cmap="viridis", vmin=np.log10(LEAST_SHOWN), vmax=0, origin="lower", aspect="auto")
    for (layer, position), value in np.ndenumerate(shown):
        color = "black" if value > -1.2 else "white"
        weight = "bold" if first_choices[layer][position] == target else "normal"
        text = first_choices[layer][position][:9]
        axis.text(position, layer, text, ha="center", va="center", fontsize=8, color=color, weight=weight)
    layers = ["embedding", *(f"after layer {layer}" for layer in range(1, len(lens)))]
    axis.set(
        xticks=range(len(words)), yticks=range(len(lens)), yticklabels=layers, title=f'lens: probability of "{target}"'
    )
    axis.set_xticklabels(words, rotation=30, ha="right")
    bar = axis.figure.colorbar(image, ax=axis, ticks=range(int(np.log10(LEAST_SHOWN)), 1), pad=0.01)
    bar.ax.set_yticklabels([f"{10.0**k:g}" for k in range(int(np.log10(LEAST_SHOWN)), 1)])


def component_heat_map(table: pd.DataFrame, *, label: str = "", title: str = "") -> Figure:
    """Values of components (columns) over checkpoints (rows) as a heat map, zero in white, missing ones in grey."""
    figure, axis = plt.subplots(figsize=(1.8 + 0.55 * len(table), 1.2 + 0.24 * table.shape[1]), layout="constrained")
    limit = float(np.nanmax(np.abs(table.to_numpy(dtype=float))))
    axis.set_facecolor("0.8")
    image = axis.imshow(table.T.to_numpy(dtype=float), cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="auto")
    axis.set(yticks=range(table.shape[1]), yticklabels=table.columns, xlabel="training step", title=title)
    axis.set_xticks(range(len(table)), [f"{step:,}" for step in table.index], rotation=60)
    figure.colorbar(image, ax=axis, label=label)
    return figure
