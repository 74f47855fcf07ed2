"""What a figure shows, as plain data: curves, scales, labels and marked steps, read from matplotlib's own objects.

A picture cannot be compared, what was drawn can. For each panel (axes that hold a curve)

    scale            of the x axis, "log" where equal distances are equal factors (symlog, which has room for step 0, too)
    xlabel, ylabel   texts
    curves           name -> (2, point): x and y of each line that is no vertical one; the name is its label
    marks            x of vertical lines, ascending
    texts            everything written in the panel, its title among them

Pitfall: this says what is there, not whether a person can read it.
"""

import sys

import numpy as np

LOG_SCALES = ("log", "symlog")


def is_figure(value: object) -> bool:
    """Whether a value is a matplotlib figure or axes."""
    figures, axes = sys.modules.get("matplotlib.figure"), sys.modules.get("matplotlib.axes")
    return bool(figures and axes) and isinstance(value, (figures.Figure, axes.Axes))


def figure_facts(figure: object) -> dict:
    """The facts of a figure (of an axes: of the figure that it is in); see the head of this file."""
    whole = figure if hasattr(figure, "axes") and isinstance(figure.axes, list) else figure.figure
    panels = [_panel(axis) for axis in whole.axes]
    return {"panels": [panel for panel in panels if panel["curves"] or panel["marks"]]}


def facts_of_answer(value: object) -> dict:
    """The facts of a figure that a function under check returned; it is closed, so that no check shows what it drew."""
    facts = figure_facts(value)
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(value if hasattr(value, "canvas") else value.figure)
    return facts


def _panel(axis: object) -> dict:
    lines = [(line, np.array([np.asarray(data, dtype=float) for data in line.get_data()])) for line in _lines(axis)]
    return {
        "scale": "log" if axis.get_xscale() in LOG_SCALES else axis.get_xscale(),
        "xlabel": axis.get_xlabel().strip(),
        "ylabel": axis.get_ylabel().strip(),
        "curves": {_name(line, n): points for n, (line, points) in enumerate(lines) if not _is_vertical(points)},
        "marks": sorted({float(points[0, 0]) for _, points in lines if _is_vertical(points)}),
        "texts": [axis.get_title().strip(), *(text.get_text().strip() for text in axis.texts)],
    }


def _lines(axis: object) -> list:
    """Lines of at least two points that lie in the data: a cross at the foot of the axes is none."""
    return [line for line in axis.get_lines() if len(line.get_xdata()) > 1]


def _is_vertical(points: np.ndarray) -> bool:
    return bool(np.all(points[0] == points[0, 0]))


def _name(line: object, number: int) -> str:
    label = str(line.get_label()).strip()
    return label if label and not label.startswith("_") else f"curve {number}"
