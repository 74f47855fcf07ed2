"""Figures of puns, and the menu beside the slider: what they show is what they were given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from course_utils.figures.puns import Panel, component_heat_map, draw_pun, pun_dashboard
from course_utils.figures.sliders import choice_and_step


@pytest.fixture(autouse=True)
def closed_figures():
    yield
    plt.close("all")


CURVE = pd.DataFrame({"mean": [0.1, np.nan, 0.9], "low": [0.0, np.nan, 0.8], "high": [0.2, np.nan, 1.0]}, [0, 10, 1000])


def test_a_dashboard_has_a_panel_for_each_measure_and_a_cross_where_a_checkpoint_is_missing():
    panels = {
        "completed": Panel({"a": CURVE, "b": CURVE + 1}, "share", level=0.5, missing={10: "gone"}),
        "margin": Panel({"margin": CURVE}, "nats", ylim=(0, 3)),
    }
    figure = pun_dashboard(panels, columns=3, title="all of it")
    first, second, empty = figure.axes
    assert [axis.get_title() for axis in (first, second)] == ["completed", "margin"] and not empty.axison
    assert "missing: 10" in first.texts[-1].get_text() and second.get_ylim() == (0, 3)
    assert any(np.allclose(line.get_ydata(), 0.5) for line in first.get_lines())
    with pytest.raises(ValueError, match="no panels"):
        pun_dashboard({})


def test_a_pun_is_drawn_with_its_words_its_lens_and_what_each_layer_would_say():
    lens = np.array([[0.001, 0.01], [0.2, 0.9]])
    figure = draw_pun(
        ["had", "no"], lens, [["bed", "hope"], ["hope", "interest"]], {"interest": 0.9, "hope": 0.05, "bed": 0.01},
        target="interest", foil="hope", title="a pun",
    )  # fmt: skip
    left, right, _ = figure.axes  # the bars, the lens and its colours
    assert [label.get_text() for label in left.get_yticklabels()] == ["interest", "hope", "bed"]
    assert [patch.get_width() for patch in left.patches] == [0.9, 0.05, 0.01]
    assert [text.get_text() for text in right.texts] == ["bed", "hope", "hope", "interest"]
    assert right.texts[-1].get_weight() == "bold"
    np.testing.assert_allclose(right.images[0].get_array()[1], np.log10([0.2, 0.9]))


def test_a_missing_checkpoint_has_no_colour_in_the_heat_map():
    table = pd.DataFrame({"head 0.0": [0.5, np.nan], "MLP 0": [-1.0, np.nan]}, index=[10, 1000])
    figure = component_heat_map(table, label="nats", title="effects")
    image = figure.axes[0].images[0]
    assert image.get_clim() == (-1.0, 1.0)
    assert np.isnan(np.ma.filled(image.get_array(), np.nan)[:, 1]).all()


def test_menu_and_slider_draw_each_choice_once():
    drawn = []

    def draw(choice, step):
        drawn.append((choice, step))
        return plt.figure(figsize=(1, 1))

    box = choice_and_step(["bed", "note"], [0, 10, 100], draw, what="pun")
    menu, slider, picture = box.children
    assert drawn == [("bed", 100)] and menu.description == "pun" and bytes(picture.value).startswith(b"\x89PNG")
    slider.value, menu.value = 0, "note"
    slider.value = 100
    menu.value = "bed"
    assert drawn == [("bed", 100), ("bed", 0), ("note", 0), ("note", 100)]
    with pytest.raises(ValueError, match="0 choices and 2 steps"):
        choice_and_step([], [0, 1], draw)
