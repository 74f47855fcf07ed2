"""Several curves, twins, several changes, many components: order is told only where it is known."""

import matplotlib
import numpy as np
import pandas as pd
import pytest

from course_utils.transitions import (
    assembly_timeline,
    compare_transitions,
    count_changes,
    describe_transition,
    redundancy,
    thresholded_twin,
)
from course_utils.transitions.effect_spread import components_for_share
from course_utils.transitions.fits import logistic

matplotlib.use("Agg")

X = np.linspace(0, 4, 24)
STEPS = 10**X
DRAWS = dict(n_boot=199)


def change(centre, width=0.1, noise=0.03, seed=0):
    return logistic(X, 0, 1, centre, width) + noise * np.random.default_rng(seed).normal(size=len(X))


# Order


def test_events_far_apart_are_ordered_with_their_lag():
    found = compare_transitions({"late": change(2.8), "early": change(1.2, seed=1)}, STEPS, **DRAWS)
    lag = found.lags.iloc[0]
    assert found.order == ("early", "late")
    assert (lag["first"], lag["second"], lag["finding"]) == ("early", "late", "early before late")
    assert lag["low"] <= 1.6 <= lag["high"]
    assert lag["factor"] == pytest.approx(10 ** lag["lag_decades"])
    assert "early comes before late" in found.message


def test_events_between_the_same_checkpoints_cannot_be_ordered():
    found = compare_transitions({"a": change(1.98, 0.01), "b": change(2.02, 0.01, seed=1)}, STEPS, **DRAWS)
    assert found.lags["finding"].tolist() == ["cannot be ordered"]
    assert found.lags.loc[0, "low"] < 0 < found.lags.loc[0, "high"]


def test_what_does_not_change_is_not_ordered():
    flat = 0.03 * np.random.default_rng(5).normal(size=len(X))
    found = compare_transitions({"a": change(1), "flat": flat, "b": change(3)}, STEPS, **DRAWS)
    assert found.order == ("a", "b") and len(found.lags) == 3
    about_flat = found.lags[(found.lags["first"] == "flat") | (found.lags["second"] == "flat")]
    assert (about_flat["finding"] == "cannot be ordered").all() and about_flat["lag_decades"].isna().all()
    assert "flat has no located change (none)" in found.message


def test_curves_come_as_columns_or_as_transitions():
    table = pd.DataFrame({"a": change(1), "b": change(3)}, index=STEPS)
    by_column = compare_transitions(table, **DRAWS)
    described = {name: describe_transition(STEPS, table[name], **DRAWS) for name in table}
    pd.testing.assert_frame_equal(by_column.lags, compare_transitions(described, **DRAWS).lags)


def test_seeds_that_scatter_can_agree_on_the_order():
    rng = np.random.default_rng(0)
    places = 1.8 + 0.5 * rng.normal(size=8)
    curves = {
        name: np.stack([change(place + lag, seed=seed) for seed, place in enumerate(places)])
        for name, lag in (("a", 0.0), ("b", 0.35))
    }
    assert compare_transitions(curves, STEPS, **DRAWS).lags.loc[0, "finding"] == "cannot be ordered"
    paired = compare_transitions(curves, STEPS, paired=True, **DRAWS).lags.iloc[0]
    assert paired["finding"] == "a before b" and paired["low"] <= 0.35 <= paired["high"]


@pytest.mark.parametrize(
    ("curves", "steps", "options", "words"),
    [
        ({"a": change(1)}, STEPS, {}, "two or more"),
        ({"a": change(1), "b": change(2)}, None, {}, "has no steps"),
        ({"a": change(1), "b": change(2)}, STEPS, {"paired": True}, "paired=True"),
    ],
)
def test_comparisons_that_cannot_be_made_say_why(curves, steps, options, words):
    with pytest.raises(ValueError, match=words):
        compare_transitions(curves, steps, **options)


# Twins


def test_a_threshold_on_a_drift_is_warned_about():
    values = X / 4 + 0.005 * np.random.default_rng(0).normal(size=len(X))
    twin = thresholded_twin(STEPS, values, **DRAWS)
    assert (twin.continuous.verdict, twin.thresholded.verdict) == ("gradual", "sudden")
    assert twin.threshold == pytest.approx(0.5, abs=0.02)
    assert "only the thresholded measure jumps" in twin.warning and twin.warning in twin.message


def test_a_true_jump_is_not_warned_about():
    twin = thresholded_twin(STEPS, change(2), threshold=0.5, **DRAWS)
    assert (twin.continuous.verdict, twin.thresholded.verdict, twin.warning) == ("sudden", "sudden", None)


def test_a_threshold_that_is_never_crossed_makes_no_jump():
    twin = thresholded_twin(STEPS, X / 4, threshold=7, **DRAWS)
    assert twin.thresholded.verdict == "none" and twin.warning is None


def test_twins_of_items_and_of_measured_accuracy_agree():
    rows = X / 4 + 0.005 * np.random.default_rng(0).normal(size=(30, len(X)))
    rows[3, 5] = np.nan
    by_threshold = thresholded_twin(STEPS, rows, threshold=0.5, **DRAWS)
    accuracy = np.where(np.isnan(rows), np.nan, rows >= 0.5)
    measured = thresholded_twin(STEPS, rows, thresholded=accuracy, **DRAWS)
    assert by_threshold.thresholded.interval == measured.thresholded.interval
    assert measured.threshold is None and len(by_threshold.thresholded.curve.steps) == len(X) - 1
    with pytest.raises(ValueError, match="give one of them"):
        thresholded_twin(STEPS, rows, threshold=0.5, thresholded=accuracy)


# Several changes


def noisy(values):
    return values + 0.03 * np.random.default_rng(0).normal(size=len(X))


@pytest.mark.parametrize(
    ("values", "count"),
    [
        (0 * X, 0),
        (X / 4, 1),
        (logistic(X, 0, 1, 2, 0.1), 1),
        (logistic(X, 0, 1, 2, 1.5), 1),
        (logistic(X, 0, 1, 1, 0.1) + logistic(X, 0, 1, 3, 0.1), 2),
        (logistic(X, 0, 1, 1, 0.1) - logistic(X, 0, 1, 3, 0.1), 2),
        (sum(logistic(X, 0, 1, place, 0.1) for place in (0.9, 2.0, 3.1)), 3),
    ],
    ids=["flat", "line", "jump", "gradual", "two jumps", "up and down", "three jumps"],
)
def test_changes_are_counted(values, count):
    assert count_changes(STEPS, noisy(values), **DRAWS).count == count


def test_each_of_two_changes_is_described_by_itself():
    found = count_changes(STEPS, noisy(logistic(X, 0, 1, 1, 0.1) + logistic(X, 0, 1, 3, 0.1)), **DRAWS)
    assert [transition.verdict for transition in found.transitions] == ["sudden", "sudden"]
    for (first, last), place in zip(found.brackets, (1, 3), strict=True):
        assert first <= 10**place * 1.2 and 10**place / 1.2 <= last
    assert found.message.startswith("2 changes: between steps")


def test_counting_needs_checkpoints_and_a_sensible_limit():
    assert count_changes([1, 2, 3], [0, 0, 1]).count is None
    assert count_changes(STEPS, np.ones(len(X))).count == 0
    with pytest.raises(ValueError, match="1 or more"):
        count_changes(STEPS, X, most=0)


# Components


def test_redundancy_by_hand():
    effects = np.array([[1.0, 9.0, 0.0], [1.0, 0.5, 0.0], [1.0, -0.5, 0.0], [1.0, 0.0, 0.0]])
    table = redundancy([100, 10, 1], effects)
    assert table.index.tolist() == [1, 10, 100]
    assert table.loc[100, "components"] == 4 and table.loc[100, "effective_number"] == 4
    assert table.loc[10, "components"] == 1 and table.loc[10, "total"] == 10
    assert np.isnan(table.loc[1, "components"]) and table.loc[1, "total"] == 0


def test_redundancy_over_items_has_an_interval_and_a_floor():
    rng = np.random.default_rng(0)
    effects = 0.05 * rng.normal(size=(40, 6, 3))
    effects[:, 0] += [0.0, 1.0, 2.0]
    table = redundancy([1, 10, 100], effects, least_total=0.2, n_boot=99)
    assert table.loc[1].drop("total").isna().all()
    assert (table.loc[10:, "low"] <= table.loc[10:, "components"]).all()
    assert (table.loc[10:, "components"] <= table.loc[10:, "high"]).all()
    assert table.loc[100, "components"] == 1


def test_a_component_that_could_not_be_measured_makes_its_checkpoint_missing():
    table = redundancy([1, 10], [[1.0, np.nan], [1.0, 1.0]])
    assert table.loc[1, "components"] == 2 and np.isnan(table.loc[10, "components"])


def test_shares_are_reached_in_spite_of_rounding():
    assert components_for_share(np.full(10, 0.1), 0.9) == 9
    assert components_for_share(np.full(10, 0.1), 1.0) == 10


@pytest.mark.parametrize(
    ("effects", "options", "words"),
    [
        (np.ones(3), {}, "expected steps"),
        (np.ones((2, 4)), {}, "expected steps"),
        (np.ones((2, 3)), {"share": 0}, "share"),
    ],
)
def test_redundancy_refuses_what_does_not_fit(effects, options, words):
    with pytest.raises(ValueError, match=words):
        redundancy([1, 2, 3], effects, **options)


# Figures


def test_the_timeline_has_a_row_for_each_component_in_order():
    found = compare_transitions({"b": change(3), "flat": 0 * X, "a": change(1, width=1.5)}, STEPS, **DRAWS)
    axes = found.plot()
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "flat"]
    assert len(axes.patches) == 2 and axes.yaxis_inverted()
    matplotlib.pyplot.close(axes.figure)
    with pytest.raises(ValueError, match="no transitions"):
        assembly_timeline({})


def test_twins_are_drawn_above_each_other():
    axes = thresholded_twin(STEPS, X / 4, **DRAWS).plot()
    assert [ax.get_ylabel() for ax in axes] == ["continuous", "thresholded"]
    matplotlib.pyplot.close(axes[0].figure)
