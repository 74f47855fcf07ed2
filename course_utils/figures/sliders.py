"""Sliders over checkpoints, alone or beside a choice: move along training and see a figure change."""

from collections.abc import Callable, Sequence
from io import BytesIO

import ipywidgets
import matplotlib.pyplot as plt
from matplotlib.figure import Figure


def step_slider(steps: Sequence[int], draw: Callable[[int], Figure], *, start: int | None = None) -> ipywidgets.VBox:
    """A slider over training steps above the figure that `draw(step)` makes; starts at the last step unless told.

    Drawing happens when the slider is let go, and each figure is drawn once. Raises ValueError for no steps, or for a
    start that is not among them.
    """
    options = [int(step) for step in steps]
    if not options:
        raise ValueError("step_slider: got no steps; expected the steps of a run, as in run.steps")
    first = options[-1] if start is None else start
    if first not in options:
        raise ValueError(f"step_slider: got start={start}; expected one of the steps, as in start={options[0]}")
    slider = _slider(options, first)
    picture = ipywidgets.Image(format="png", value=_as_png(draw(first)))
    drawn = {first: picture.value}

    def redraw(change: dict) -> None:
        step = change["new"]
        if step not in drawn:
            drawn[step] = _as_png(draw(step))
        picture.value = drawn[step]

    slider.observe(redraw, names="value")
    return ipywidgets.VBox([slider, picture])


def choice_and_step(
    choices: Sequence[str], steps: Sequence[int], draw: Callable[[str, int], Figure], *, what: str = "choice"
) -> ipywidgets.VBox:
    """A menu of choices and a slider over training steps, above the figure that `draw(choice, step)` makes.

    Starts at the first choice and the last step; each figure is drawn once. Raises ValueError for no choices or no steps.
    """
    options = [int(step) for step in steps]
    if not options or not choices:
        raise ValueError(
            f"choice_and_step: got {len(choices)} choices and {len(options)} steps; expected one or more of each"
        )
    menu = ipywidgets.Dropdown(options=list(choices), description=what, layout=ipywidgets.Layout(width="36rem"))
    slider = _slider(options, options[-1])
    drawn: dict[tuple[str, int], bytes] = {}
    picture = ipywidgets.Image(format="png")

    def redraw(_: dict | None = None) -> None:
        key = menu.value, slider.value
        if key not in drawn:
            drawn[key] = _as_png(draw(*key))
        picture.value = drawn[key]

    redraw()
    menu.observe(redraw, names="value")
    slider.observe(redraw, names="value")
    return ipywidgets.VBox([menu, slider, picture])


def _slider(options: list[int], value: int) -> ipywidgets.SelectionSlider:
    return ipywidgets.SelectionSlider(
        options=options,
        value=value,
        description="step",
        continuous_update=False,
        layout=ipywidgets.Layout(width="36rem"),
    )


def _as_png(figure: Figure) -> bytes:
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight")
    plt.close(figure)  # or the notebook would show it a second time, below
    return buffer.getvalue()
