"""What a figure shows, as plain data, and when one counts as the expected one: other layouts do, other contents do not."""

from copy import deepcopy
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

from course_utils.checking.comparators import from_json
from course_utils.checking.comparators.figures import drawn_figure, plain
from course_utils.checking.figures import figure_facts, is_figure
from course_utils.checking.outcomes import call, read_outcome
from course_utils.figures.trajectories import mark_missing

STEPS = [0, 10, 100, 1000, 10_000]
CURVES = {"log-odds": [0.1, 0.2, np.nan, 0.9, 1.0], "general loss": [5.0, 4.0, 3.0, 2.5, 2.4]}
MARKS = {"log-odds": 432.4, "general loss": None}
LATE = 987.0


@pytest.fixture(autouse=True)
def no_figure_stays_open():
    yield
    plt.close("all")


def draw(
    curves=CURVES,
    marks=MARKS,
    scale="symlog",
    xlabel="step",
    ylabel="nats",
    text="{name}\nstep {step:.0f}",
    steps=STEPS,
    names=None,
):
    """The plainest right figure, and with one argument changed each of the wrong ones."""
    figure, axes = plt.subplots(len(curves), 1, squeeze=False)
    for axis, (name, values) in zip(axes[:, 0], curves.items(), strict=True):
        axis.plot(steps, values, label=(names or {}).get(name, name))
        axis.set_xscale(scale)
        axis.set(xlabel=xlabel, ylabel=ylabel)
        if marks[name] is not None:
            axis.axvline(marks[name])
            axis.text(marks[name], 0.5, text.format(name=name, step=marks[name]))
    return figure


@cache
def right() -> dict:
    return figure_facts(draw())


@cache
def wrong(number: int) -> dict:
    return figure_facts(draw(**TestTheSameMistake.WRONG[number]))


def compared(figure, expected=None):
    return drawn_figure().compare(figure_facts(figure), expected or right())


class TestFacts:
    def test_of_a_panel(self):
        first, second = figure_facts(draw())["panels"]
        assert first["scale"] == "log"
        assert (first["xlabel"], first["ylabel"]) == ("step", "nats")
        assert list(first["curves"]) == ["log-odds"]
        np.testing.assert_array_equal(first["curves"]["log-odds"], [STEPS, CURVES["log-odds"]])
        assert first["marks"] == [432.4]
        assert "log-odds\nstep 432" in first["texts"]
        assert second["marks"] == []

    @pytest.mark.parametrize(("scale", "told"), [("symlog", "log"), ("log", "log"), ("linear", "linear")])
    def test_scales(self, scale, told):
        assert {panel["scale"] for panel in figure_facts(draw(scale=scale))["panels"]} == {told}

    def test_of_an_axes_are_those_of_its_figure(self):
        figure = draw()
        assert str(figure_facts(figure.axes[0])) == str(figure_facts(figure))

    def test_empty_axes_and_crosses_for_what_is_missing_are_no_curves(self):
        figure, (axis, _) = plt.subplots(1, 2)
        axis.plot(STEPS, CURVES["general loss"], label="loss")
        mark_missing(axis, {100: "not there"})
        (panel,) = figure_facts(figure)["panels"]
        assert list(panel["curves"]) == ["loss"]
        assert panel["marks"] == []

    def test_a_curve_without_a_label_has_a_number(self):
        figure, axis = plt.subplots()
        axis.plot(STEPS, CURVES["general loss"])
        assert list(figure_facts(figure)["panels"][0]["curves"]) == ["curve 0"]

    @pytest.mark.parametrize("value", [None, {}, "figure", 3, np.zeros(3)])
    def test_what_is_no_figure(self, value):
        assert not is_figure(value)

    def test_figures_and_axes_are(self):
        figure = draw()
        assert is_figure(figure) and is_figure(figure.axes[0]) and is_figure(Figure())

    def test_travel_as_an_outcome(self):
        expected = read_outcome(call(draw, {}).form).value
        assert drawn_figure().compare(right(), expected) is None
        assert from_json(drawn_figure().to_json()) == drawn_figure()


class TestAccepted:
    def test_the_same(self):
        assert compared(draw()) is None

    @pytest.mark.parametrize(
        "other",
        [
            {"scale": "log"},
            {"xlabel": "training step (log scale)", "ylabel": "whatever"},
            {"marks": {"log-odds": 432, "general loss": None}},
            {"marks": {"log-odds": 435.0, "general loss": None}},
            {"text": "here: {name}"},
            {"names": {"log-odds": "Log_Odds", "general loss": "GENERAL LOSS"}},
            {"curves": dict(reversed(CURVES.items()))},
        ],
        ids=lambda other: next(iter(other)),
    )
    def test_other_styles(self, other):
        assert compared(draw(**other)) is None

    def test_two_curves_in_one_panel(self):
        figure, axis = plt.subplots()
        for name, values in CURVES.items():
            axis.semilogx(STEPS, values, label=name)
        axis.set(xlabel="step", ylabel="nats")
        axis.axvline(432)
        axis.annotate("log-odds", (432, 1))
        assert compared(figure) is None

    def test_a_grid_with_an_empty_corner_and_the_text_in_a_title(self):
        figure = Figure()
        for axis, (name, values) in zip(figure.subplots(2, 2).ravel(), CURVES.items(), strict=False):
            axis.plot(STEPS, values, "x--", label=name)
            axis.set_xscale("symlog", linthresh=10)
            axis.set(xlabel="step", ylabel="nats", title=f"{name} over training")
            if MARKS[name]:
                axis.plot([MARKS[name]] * 2, [0, 1])
        assert compared(figure) is None

    def test_one_mark_for_two_curves_that_change_together(self):
        together = dict.fromkeys(CURVES, 432.0)
        assert compared(draw(marks=together), figure_facts(draw(marks=together))) is None


class TestRefused:
    @pytest.mark.parametrize(
        ("change", "got", "expected"),
        [
            ({"scale": "linear"}, "a linear axis under log-odds", "a logarithmic step axis"),
            ({"xlabel": ""}, "no label on the x axis of log-odds", "a label on both axes"),
            ({"ylabel": "  "}, "no label on the y axis of log-odds", "a label on both axes"),
            ({"marks": {"log-odds": LATE, "general loss": None}}, "marks 987 with 'log-odds'", "one at step 432"),
            ({"marks": dict.fromkeys(CURVES)}, "marks none with 'log-odds'", "one at step 432"),
            ({"marks": {**MARKS, "general loss": LATE}}, "a mark at step 987", "marks at 432 alone"),
            ({"marks": {**MARKS, "general loss": 0}}, "a mark at step 0", "marks at 432 alone"),
            ({"text": "here"}, "texts ['', 'here']", "a text that says that the mark is of 'log-odds'"),
            ({"names": {"log-odds": "curve"}}, "curves ['curve', 'general loss']", "a curve labelled 'log-odds'"),
            ({"steps": range(5)}, "other points in 'log-odds'", "each value at its step, a gap where it is missing"),
        ],
        ids=lambda change: next(iter(change)) if isinstance(change, dict) else "",
    )
    def test_what_differs_is_said(self, change, got, expected):
        mismatch = compared(draw(**change))
        assert (mismatch.got, mismatch.expected) == (got, expected)

    @pytest.mark.parametrize("filled", [0.0, 0.55])
    def test_a_gap_that_is_filled(self, filled):
        values = np.nan_to_num(CURVES["log-odds"], nan=filled)
        assert compared(draw({**CURVES, "log-odds": values})).got == "other points in 'log-odds'"

    def test_a_gap_that_is_closed(self):
        figure = draw()
        line = figure.axes[0].lines[0]
        there = ~np.isnan(CURVES["log-odds"])
        line.set_data(np.array(STEPS)[there], np.array(CURVES["log-odds"])[there])
        assert compared(figure).got == "other points in 'log-odds'"

    def test_a_panel_that_is_missing(self):
        assert compared(draw({"log-odds": CURVES["log-odds"]})).expected == "a curve labelled 'general loss'"

    def test_no_figure(self):
        for value in (None, 3, "figure", [], np.zeros(2)):
            assert drawn_figure().compare(value, right()).reason == "return the figure itself"


class TestTheSameMistake:
    """Outcomes are also compared with those of misconceptions, which have faults of their own."""

    WRONG = (
        {"scale": "linear"},
        {"xlabel": ""},
        {"ylabel": ""},
        {"text": ""},
        {"marks": dict.fromkeys(CURVES)},
        {"marks": {**MARKS, "general loss": 0}},
        {"steps": range(5)},
    )

    @pytest.mark.parametrize("number", range(len(WRONG)))
    def test_is_the_same_in_another_style(self, number):
        other = draw(**self.WRONG[number])
        other.axes[0].set_title("another title")
        assert compared(other, wrong(number)) is None

    @pytest.mark.parametrize("number", range(len(WRONG)))
    def test_is_none_of_the_others(self, number):
        answer = wrong(number)
        assert [drawn_figure().compare(answer, wrong(k)) is None for k in range(len(self.WRONG))].count(True) == 1

    def test_a_misconception_that_gives_no_figure_is_compared_too(self):
        assert drawn_figure().compare(right(), None) is not None


FORGED = [
    {"panels": None},
    {"panels": [None]},
    {"panels": [{}]},
    {"panels": {}},
    {},
]
FORGED_PARTS = {
    "scale": [None, 3, ["log"]],
    "xlabel": [None, 1.0],
    "ylabel": [None, True],
    "curves": [
        None,
        [],
        {"log-odds": None},
        {"log-odds": "points"},
        {"log-odds": np.array(["a", "b"])},
        {"log-odds": np.array(3.0)},
        {"log-odds": np.zeros((2, 0))},
        {"log-odds": np.zeros((3, 5))},
        {"log-odds": np.zeros((2, 5), dtype=complex)},
        {"log-odds": [[1, 2], [3]]},
        {3: np.zeros((2, 5))},
    ],
    "marks": [None, 3, ["432"], [None], [True], [10**400], [[432]], [float("nan")], [float("inf")]],
    "texts": [None, "log-odds", [None], [3], [["log-odds"]]],
}


class TestForgedFacts:
    """What is handed out of a student's kernel is trusted in nothing: a comparator tells what differs, and never raises."""

    @pytest.mark.parametrize("facts", FORGED, ids=str)
    def test_of_another_form(self, facts):
        assert drawn_figure().compare(facts, right()) is not None
        assert drawn_figure().compare(right(), facts) is not None

    @pytest.mark.parametrize(
        ("part", "value"), [(part, value) for part, values in FORGED_PARTS.items() for value in values], ids=str
    )
    def test_with_a_part_of_another_type(self, part, value):
        facts = deepcopy(right())
        facts["panels"][0][part] = value
        assert drawn_figure().compare(facts, right()) is not None
        drawn_figure().compare(right(), facts)

    @pytest.mark.parametrize("part", FORGED_PARTS)
    def test_without_a_part(self, part):
        facts = deepcopy(right())
        del facts["panels"][0][part]
        assert drawn_figure().compare(facts, right()) is not None


def test_names_are_compared_without_case_underscores_and_hyphens():
    assert plain("Log_Odds ") == plain("log-odds") == "log odds"
    assert plain("log-odds") != plain("log-odds 2")
