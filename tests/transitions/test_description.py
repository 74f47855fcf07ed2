"""One curve over training: hand-made curves get the verdict they deserve, and awkward ones a sensible answer with a reason."""

import doctest
import subprocess
import sys
import time
from importlib import import_module

import matplotlib
import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.transitions import VERDICTS, describe_transition
from course_utils.transitions.curves import prepare_curve, step_axis
from course_utils.transitions.evidence import (
    drift_of,
    explained_by_three_levels,
    few_rows_factor,
    neighbours_correlation,
    p_of_no_change,
)
from course_utils.transitions.fits import aicc, fit_models, logistic, noise_floor, search_shapes

matplotlib.use("Agg")

MODULES = [
    "curves",
    "fits",
    "evidence",
    "description",
    "comparison",
    "counts",
    "effect_spread",
]
DRAWS = 199  # fewer than the default, so that the tests are quick


def described(steps, values, **options):
    return describe_transition(steps, values, **{"n_boot": DRAWS, **options})


def planted(n=20, span=4.0, centre=2.1, width=0.1, size=1.0, noise=0.05, seed=0):
    """Steps evenly spaced in log step, and a logistic change with noise on it."""
    x = np.linspace(0, span, n)
    return 10**x, logistic(x, 0, size, centre, width) + noise * np.random.default_rng(seed).normal(size=n)


# Verdicts


@pytest.mark.parametrize("sign", [1, -1])
def test_a_jump_is_sudden_and_placed_between_its_checkpoints(sign):
    steps, values = planted(centre=2.0, width=0.01)
    found = described(steps, sign * values)
    assert found.verdict == "sudden"
    assert found.bracket[0] <= found.interval[0] <= found.step <= found.interval[1] <= found.bracket[1]
    assert found.interval[0] <= 100 <= found.interval[1]
    assert found.bracket == (pytest.approx(steps[9]), pytest.approx(steps[10]))
    assert found.width_interval[0] == 0.0 and found.width_interval[1] < 0.4
    assert found.p_value <= 0.05 < found.p_gradual
    assert (found.before, found.after) == (pytest.approx(0, abs=0.05), pytest.approx(sign, abs=0.05))
    assert found.message.startswith("Sudden: the curve " + ("rises" if sign > 0 else "falls"))


def test_a_wide_logistic_is_gradual_and_its_width_is_found():
    steps, values = planted(width=1.5, noise=0.03)
    found = described(steps, values)
    assert found.verdict == "gradual"
    assert found.width_interval[0] <= found.width_decades <= found.width_interval[1]
    assert found.width_decades == pytest.approx(1.5, rel=0.2)
    assert found.step == pytest.approx(10**2.1, rel=0.2)
    assert found.p_gradual <= 0.05 < found.p_value
    assert min(found.fits, key=lambda name: found.fits[name].aicc) == "logistic"


def test_a_line_in_log_step_is_gradual_without_a_place():
    steps, values = planted(noise=0.03)
    found = described(steps, np.log10(steps) / 4 + values - logistic(np.log10(steps), 0, 1, 2.1, 0.1))
    assert found.verdict == "gradual"
    assert "no place that stands out" in found.message
    assert found.fits["line"].aicc < min(found.fits[name].aicc for name in ("constant", "step"))


def test_noise_is_no_change_and_has_no_place():
    steps, values = planted(size=0.0)
    found = described(steps, values)
    assert found.verdict == "none"
    assert found.step is found.bracket is found.interval is found.width_decades is found.width_interval is None
    assert found.p_change > 0.05 and found.before == found.after == pytest.approx(values.mean())


def test_a_jump_between_checkpoints_far_apart_is_unresolved():
    steps = [1, 3, 10, 30, 100, 3000, 10_000, 30_000, 100_000, 300_000]
    found = described(steps, [0, 0.01, 0, 0.02, 0, 1, 0.99, 1, 1.01, 1])
    assert found.verdict == "unresolved"
    assert found.bracket == (100, 3000)
    assert "too far apart" in found.message


def test_few_noisy_checkpoints_fit_both_and_it_says_so():
    verdicts = {described(*planted(n=9, width=0.6, noise=0.15, seed=seed)).verdict for seed in range(5)}
    assert "unresolved" in verdicts and "sudden" not in verdicts


@pytest.mark.parametrize("second", [1, -1])
def test_two_jumps_are_not_one_gradual_change(second):
    x = np.linspace(0, 4, 24)
    values = 1.0 * (x > 1.1) + second * (x > 3.0) + 0.03 * np.random.default_rng(0).normal(size=24)
    found = described(10**x, values)
    assert found.verdict == "unresolved"
    assert "count_changes" in found.message or "comes back" in found.message


def test_drift_is_seen_and_allowed_for():
    x = np.linspace(0, 4, 80)
    rng, drift = np.random.default_rng(3), [0.0]
    for _ in range(79):
        drift.append(0.8 * drift[-1] + 0.06 * rng.normal())
    values = logistic(x, 0, 1, 2, 1.5)
    drifting, plain = described(10**x, values + drift), described(10**x, values + np.std(drift) * rng.normal(size=80))
    assert "drifts" in drifting.message and "drifts" not in plain.message
    assert np.ptp(np.log10(drifting.interval)) > np.ptp(np.log10(plain.interval))


# The awkward cases


@pytest.mark.parametrize("values", [[0, 0, 1], [1, 1, 1]])
def test_three_checkpoints_are_unresolved_with_a_reason(values):
    found = described([1, 10, 100], values)
    assert found.verdict == "unresolved" and found.step is None
    assert "3 usable checkpoints" in found.message


@pytest.mark.parametrize("values", [[0.5] * 9, [[0.5] * 9, [0.25] * 9], [[0, 1] * 4 + [0], [1, 0] * 4 + [1]]])
def test_constant_curves_do_not_change(values):
    found = described(range(1, 10), values)
    assert found.verdict == "none" and "same at every checkpoint" in found.message


def test_a_range_whose_square_is_lost_counts_as_constant():
    steps, values = planted()
    for scale in (1e-300, 1e-130):
        assert described(steps, np.asarray(values) * scale).verdict == "none"
    assert described(steps, np.asarray(values) * 1e-100).verdict == "sudden"


@pytest.mark.parametrize("first", [10**8, 2**53 - 12])
def test_steps_that_the_axis_cannot_tell_apart_are_unresolved(first):
    found = described([first + place for place in range(12)], [0] * 6 + [1] * 6)
    assert found.verdict == "unresolved" and found.step is None
    assert "are too close to be told apart" in found.message


def test_step_zero_has_a_place_one_spacing_before_the_first():
    assert step_axis(np.array([0, 1, 2, 4])).tolist() == pytest.approx([-np.log10(2), 0, np.log10(2), np.log10(4)])
    curve = prepare_curve([0, 10, 100], [1.0, 2.0, 3.0])
    assert curve.step_at(np.array([0.0, 0.5, 1.0, 1.5])) == pytest.approx([0, 5, 10, 10**1.5])
    steps, values = planted()
    with_zero = described([0, *steps], [values[0], *values])
    assert with_zero.verdict == "sudden" and with_zero.bracket == described(steps, values).bracket


def test_missing_values_leave_their_checkpoint_out_and_are_told():
    steps, values = planted()
    values[[3, 15]] = np.nan
    found = described(steps, values)
    assert found.verdict == "sudden" and len(found.curve.steps) == 18
    assert "2 of 20 checkpoints lack a value" in found.message
    kept = ~np.isnan(values)
    assert found.interval == described(steps[kept], values[kept]).interval


def test_rows_with_gaps_lose_whole_checkpoints_and_empty_rows_go():
    steps, values = planted()
    rows = np.stack([values, values + 0.01, np.full(20, np.nan)])
    rows[0, 4] = np.nan
    curve = described(steps, rows).curve
    assert curve.rows.shape == (2, 19)
    assert "1 of 3 rows" in " ".join(curve.notes)


def test_too_many_missing_values_are_unresolved():
    steps, values = planted(n=12)
    values[:6] = np.nan
    assert "6 usable checkpoints" in described(steps, values).message
    assert described(steps, np.full(12, np.nan)).verdict == "unresolved"


def test_order_does_not_matter_and_repeats_count_once():
    steps, values = planted()
    order = np.random.default_rng(1).permutation(20)
    plain, shuffled = described(steps, values), described(steps[order], values[order])
    doubled = described(np.repeat(steps, 2), np.repeat(values, 2))
    assert plain.interval == shuffled.interval == doubled.interval
    assert plain.p_value == doubled.p_value
    assert "20 steps came more than once" in doubled.message


def test_repeats_are_averaged():
    curve = prepare_curve([2, 1, 2, 4], [[1.0, 5.0, 3.0, 0.0]])
    assert curve.steps.tolist() == [1, 2, 4] and curve.mean.tolist() == [5.0, 2.0, 0.0]


@pytest.mark.parametrize(
    "steps",
    [
        np.arange(1, 25) * 500,
        np.unique(np.random.default_rng(0).integers(1, 12_000, 30)),
        [0, *2 ** np.arange(10), *range(1000, 12_000, 1000)],
    ],
    ids=["linear", "irregular", "doubling, then linear"],
)
def test_any_spacing_finds_a_jump_where_the_checkpoints_are_dense(steps):
    steps = np.asarray(steps)
    values = (steps > 5200) + 0.05 * np.random.default_rng(0).normal(size=len(steps))
    found = described(steps, values)
    assert found.verdict == "sudden"
    assert found.bracket[0] <= 5200 <= found.bracket[1]


def test_a_line_in_step_is_judged_on_the_axis_it_is_given():
    steps = np.arange(1, 31) * 100
    values = steps / 3000 + 0.02 * np.random.default_rng(0).normal(size=30)
    found = described(steps, values, scale="linear")
    assert found.verdict == "gradual"
    assert "% of training" in found.message and "decade" not in found.message
    jump = described(steps, (steps > 1500) + values * 0.01, scale="linear")
    assert jump.verdict == "sudden" and jump.bracket == (1500, 1600)


@pytest.mark.parametrize(
    ("steps", "values", "options", "words"),
    [
        ([1, 2, 3], [1.0, 2.0], {}, r"shape \(3,\).*shape \(2,\).*expected"),
        ([1, 2, 3], np.zeros((3, 2)), {}, "Transpose"),
        ([[1, 2, 3]], [1.0, 2.0, 3.0], {}, "expected steps"),
        ([-1, 2, 3], [1.0, 2.0, 3.0], {}, "got step -1"),
        ([1, np.nan, 3], [1.0, 2.0, 3.0], {}, "finite steps"),
        ([1, 2, 3], [1.0, np.inf, 3.0], {}, "infinite value at step 2"),
        ([1, 2, 3], ["a", "b", "c"], {}, "arrays of numbers"),
        ([1, 2, 3], [1.0, 2.0, 3.0], {"scale": "sqrt"}, "'log', 'linear'"),
        ([1, 2, 3], [1.0, 2.0, 3.0], {"n_boot": 10}, "at least 99"),
        ([], [], {}, "expected steps"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_came_and_what_was_expected(steps, values, options, words):
    with pytest.raises(ValueError, match=words):
        described(steps, values, **options)


# Rows


def test_rows_widen_the_interval_by_their_scatter():
    rng, x = np.random.default_rng(0), np.linspace(0, 4, 30)
    together = np.stack([logistic(x, 0, 1, 2, 0.1) + 0.05 * rng.normal(size=30) for _ in range(8)])
    apart = np.stack([logistic(x, 0, 1, 2 + 0.3 * rng.normal(), 0.1) + 0.05 * rng.normal(size=30) for _ in range(8)])
    narrow, wide = described(10**x, together), described(10**x, apart)
    assert narrow.verdict == "sudden"
    assert np.ptp(np.log10(wide.interval)) > 2 * np.ptp(np.log10(narrow.interval))


def test_seeds_that_jump_at_different_steps_are_told_apart_from_a_gradual_change():
    x = np.linspace(0, 4, 30)
    rng = np.random.default_rng(0)
    seeds = np.stack([logistic(x, 0, 1, c, 0.05) + 0.02 * rng.normal(size=30) for c in np.linspace(1, 3, 12)])
    slow = np.stack([logistic(x, 0, 1, 2, 1.5) + 0.02 * rng.normal(size=30) for _ in range(12)])
    assert "Most rows change faster by themselves" in described(10**x, seeds).message
    assert "Most rows" not in described(10**x, slow).message


def test_few_rows_are_trusted_less():
    factors = [few_rows_factor(n, 0.95) for n in (2, 3, 10, 1000)]
    assert factors == sorted(factors, reverse=True)
    assert factors[1] == pytest.approx(np.sqrt(3 / 2) * 4.3027 / 1.95996, rel=1e-4)
    assert factors[-1] == pytest.approx(1, abs=0.01)


# Invariances


@settings(max_examples=8, deadline=None)
@given(st.floats(-50, 50), st.floats(0.01, 100), st.integers(0, 3))
def test_units_of_the_measure_do_not_matter(offset, factor, seed):
    steps, values = planted(n=14, seed=seed)
    one, other = described(steps, values), described(steps, offset + factor * values)
    assert one.verdict == other.verdict
    assert one.interval == pytest.approx(other.interval, rel=1e-3)
    assert one.p_value == pytest.approx(other.p_value, abs=0.011)


@settings(max_examples=5, deadline=None)
@given(st.sampled_from([7, 100, 1024]))
def test_counting_tokens_instead_of_steps_moves_the_place_only(batch):
    steps, values = planted(n=14)
    one, other = described(steps, values), described(steps * batch, values)
    assert one.verdict == other.verdict and one.p_value == other.p_value
    assert np.array(one.interval) * batch == pytest.approx(np.array(other.interval), rel=1e-6)


def test_the_same_seed_gives_the_same_answer():
    steps, values = planted()
    assert described(steps, values, seed=3).interval == described(steps, values, seed=3).interval
    assert described(steps, values, seed=3).verdict == described(steps, values, seed=4).verdict


# What it is made of


def test_fits_are_least_squares():
    x = np.linspace(0, 3, 12)
    rng = np.random.default_rng(0)
    y = logistic(x, 2, 5, 1.3, 0.8) + 0.1 * rng.normal(size=12)
    fits = fit_models(x, y, search_shapes(x))
    assert fits["constant"].rss == pytest.approx(((y - y.mean()) ** 2).sum())
    assert fits["line"].rss == pytest.approx(((y - np.polyval(np.polyfit(x, y, 1), x)) ** 2).sum())
    splits = [((y[:k] - y[:k].mean()) ** 2).sum() + ((y[k:] - y[k:].mean()) ** 2).sum() for k in range(2, 11)]
    assert fits["step"].rss == pytest.approx(min(splits))
    assert fits["logistic"].rss <= min(fits["step"].rss, ((y - logistic(x, 2, 5, 1.3, 0.8)) ** 2).sum())
    for fit in fits.values():
        assert ((y - fit.predict(x)) ** 2).sum() == pytest.approx(fit.rss)


def test_aicc_by_hand():
    assert aicc(10, 3, 10.0) == pytest.approx(0 + 6 + 24 / 6)
    assert aicc(4, 3, 1.0) == np.inf


def test_misfit_of_shapes_is_that_of_least_squares():
    x = np.linspace(0, 3, 9)
    y = np.random.default_rng(0).normal(size=(9, 4))
    shapes = search_shapes(x)
    misfit = shapes.misfit(y)
    assert shapes.least_misfit(y) == pytest.approx(misfit.min(axis=0))
    for place in np.flatnonzero(np.isfinite(shapes.width))[::97]:
        design = np.column_stack([np.ones(9), logistic(x, 0, 1, shapes.centre[place], shapes.width[place])])
        left = y - design @ np.linalg.lstsq(design, y, rcond=None)[0]
        assert misfit[place] - noise_floor(y) == pytest.approx((left**2).sum(axis=0), rel=1e-6)


def test_three_levels_by_exhaustion():
    curves = np.random.default_rng(0).normal(size=(9, 5))
    centred = curves - curves.mean(axis=0)
    best = np.zeros(5)
    for first in range(2, 6):
        for second in range(first + 2, 8):
            parts = np.split(centred, [first, second])
            best = np.maximum(best, sum(len(part) * part.mean(axis=0) ** 2 for part in parts))
    assert explained_by_three_levels(curves) == pytest.approx(best)


def test_drift_by_hand():
    assert neighbours_correlation(np.array([1.0, -1.0, 1.0, -1.0])) == pytest.approx(-3 / 4)
    assert drift_of(np.array([1.0, -1.0] * 10)) == 0.0
    assert drift_of(np.repeat([1.0, -1.0], 10)) == pytest.approx(18 / 20 - 1 / 20 + 4 / 20, abs=0.15)
    assert drift_of(np.zeros(12)) == 0.0


def test_p_of_no_change_is_uniform_under_noise():
    rng, shapes = np.random.default_rng(0), search_shapes(np.linspace(0, 3, 10))
    found = [p_of_no_change(rng.normal(size=10), shapes, 0.0, 99, rng) for _ in range(200)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.07)
    assert np.mean(np.array(found) <= 0.05) <= 0.1


# The rest of the promise


def test_verdicts_are_the_four():
    assert VERDICTS == ("sudden", "gradual", "none", "unresolved")


def test_fifteen_checkpoints_take_under_a_second():
    steps, values = planted(n=15)
    describe_transition(steps, values)
    start = time.process_time()
    describe_transition(steps, values)
    assert time.process_time() - start < 1


def test_sharpness_is_the_steepest_over_the_median_slope():
    found = described([10**k for k in range(9)], [0, 1, 2, 3, 9, 10, 11, 12, 13])
    assert found.sharpness == pytest.approx(6)
    assert described([2**k for k in range(9)], [0, 0, 0, 0, 1, 1, 1, 1, 1]).sharpness == np.inf


@pytest.mark.parametrize(
    "values", [planted()[1], planted(size=0.0)[1], np.full(20, np.nan), np.stack([planted()[1]] * 3)]
)
def test_every_verdict_can_be_drawn(values):
    steps = np.r_[0, planted()[0][1:]]
    axes = described(steps, values).plot()
    assert axes.get_title()
    matplotlib.pyplot.close(axes.figure)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    found = doctest.testmod(import_module(f"course_utils.transitions.{name}"))
    assert found.failed == 0


def test_importing_the_package_imports_no_scipy():
    script = "import sys, course_utils; sys.exit(any(name in sys.modules for name in ('scipy', 'ruptures', 'numpy')))"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


def test_importing_transitions_imports_neither_torch_nor_matplotlib():
    script = (
        "import sys, course_utils.transitions; sys.exit(any(name in sys.modules for name in ('torch', 'matplotlib')))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


STEPS_OF_A_JUMP = np.array([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048])
JUMP = (STEPS_OF_A_JUMP > 40).astype(float)


def jumping_rows(count: int) -> np.ndarray:
    return JUMP + np.random.default_rng(0).normal(0, 0.05, (count, len(JUMP)))


@pytest.mark.parametrize("count", [5, len(JUMP)])
def test_a_table_is_read_by_its_labels_also_where_it_is_square(count):
    rows = jumping_rows(count)
    expected = described(STEPS_OF_A_JUMP, rows)
    assert expected.verdict == "sudden"
    by_step = pd.DataFrame(rows.T, index=STEPS_OF_A_JUMP)
    for table in (by_step, by_step[::-1], by_step.T, by_step.T.sample(frac=1, axis=1, random_state=1)):
        found = described(STEPS_OF_A_JUMP, table)
        assert (found.verdict, found.step, found.bracket) == (expected.verdict, expected.step, expected.bracket)


def test_a_series_in_another_order_of_steps_is_the_same_curve():
    curve = pd.Series(jumping_rows(1)[0], index=STEPS_OF_A_JUMP)
    expected, found = (
        described(STEPS_OF_A_JUMP, curve),
        described(STEPS_OF_A_JUMP, curve.sample(frac=1, random_state=1)),
    )
    assert (found.verdict, found.step) == (expected.verdict, expected.step)
    unlabelled = described(STEPS_OF_A_JUMP, curve.reset_index(drop=True))
    assert (unlabelled.verdict, unlabelled.step) == (expected.verdict, expected.step)


def test_a_square_table_without_steps_as_labels_is_refused():
    with pytest.raises(ValueError, match="12 rows and columns, neither of which are labelled with the steps"):
        described(STEPS_OF_A_JUMP, pd.DataFrame(jumping_rows(len(JUMP))))


def test_masked_checkpoints_are_missing_and_gradients_are_no_obstacle():
    spoiled = jumping_rows(1)[0]
    spoiled[2] = 50.0
    masked = np.ma.array(spoiled, mask=[place == 2 for place in range(len(JUMP))])
    found = described(STEPS_OF_A_JUMP, masked)
    assert found.verdict == described(np.delete(STEPS_OF_A_JUMP, 2), np.delete(spoiled, 2)).verdict == "sudden"
    tensor = torch.tensor(jumping_rows(1)[0], requires_grad=True)
    assert described(STEPS_OF_A_JUMP, tensor).verdict == "sudden"
