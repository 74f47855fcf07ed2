"""What is found about a study: a careful one passes, and each way of deceiving or of slipping is found under its name."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from course_utils.checking.figures import figure_facts
from course_utils.studies.findings import FINDINGS, transitions_of
from course_utils.studies.metrics import METRICS, UNITS, means, metrics_of
from course_utils.studies.recomputation import differences, recomputed, reported_rows, spots
from tests.helpers.made_studies import AVAILABLE, MIDDLE, made_study, made_table, with_missing

ARGUMENT = (
    "The curve rises over a decade in each group by itself; the mean only looks sharp as two groups make most of it."
)


@pytest.fixture(scope="module")
def functions():
    pytest.importorskip("nbgrader")
    from autograder.authoring.solved_code import solved_functions

    return solved_functions("milestone")


@pytest.fixture(scope="module")
def careful(functions):
    """A careful study, with figures: nothing that the suite has is left out where the change is."""
    study = made_study(arguments={})
    low, high = transitions_of(study)["log-odds"].bracket
    available = [step for step in AVAILABLE if step in study.steps or not low < step < high]
    return drawn(replace(study, steps_available=available), functions)


def drawn(study, functions, located=None):
    import matplotlib.pyplot as plt

    curves = means(metrics_of(study.table, study.circuit))
    marks = {name: found.step for name, found in transitions_of(study).items()} | (located or {})
    figure = functions["trajectory_figure"](study.steps, curves, marks, UNITS)
    facts = figure_facts(figure)
    plt.close(figure)
    return replace(study, figures=[facts])


def found(study, name):
    return FINDINGS[name](study)


def at_steps(study, steps):
    table = study.table.loc[steps]
    table.attrs["errors"] = {}
    return made_study(table=table)


@pytest.mark.parametrize("name", FINDINGS)
def test_a_careful_study_passes(careful, name):
    result = found(careful, name)
    assert result.passed, result.message


def test_checkpoints_that_leave_early_training_out_are_found(careful):
    result = found(at_steps(careful, [step for step in careful.steps if step >= MIDDLE / 3]), "study_checkpoints")
    assert not result.passed
    assert "nothing between step 10 and" in result.message


def test_checkpoints_left_out_where_the_change_is_are_found(careful):
    result = found(replace(careful, steps_available=AVAILABLE), "study_checkpoints")
    assert not result.passed
    assert "include some of them" in result.message


def test_too_few_checkpoints_are_found(careful):
    result = found(at_steps(careful, careful.steps[::2]), "study_checkpoints")
    assert not result.passed
    assert "6 checkpoints" in result.message


def test_a_step_that_the_suite_has_not_is_found(careful):
    result = found(replace(careful, steps_available=careful.steps[:-1]), "study_checkpoints")
    assert not result.passed
    assert "has no step" in result.message


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_metric_that_is_not_there_is_found(careful, metric):
    result = found(replace(careful, table=careful.table.drop(columns=metric.columns(careful.table))), "study_metrics")
    assert not result.passed
    assert metric.name in result.message


def test_one_group_less_is_found(careful):
    result = found(replace(careful, table=careful.table.drop(columns="probe.pitch")), "study_metrics")
    assert not result.passed
    assert "probe.pitch" in result.message


@pytest.mark.parametrize(
    ("column", "value"), [("probe.pitch", 1.2), ("concept.loss.case", -0.1), ("general.loss", -1.0)]
)
def test_a_number_out_of_range_is_found(careful, column, value):
    table = careful.table.copy()
    table.loc[table.index[3], column] = value
    result = found(replace(careful, table=table), "study_metrics")
    assert not result.passed
    assert column in result.message


def test_a_gap_with_its_reason_passes_and_one_without_does_not(careful):
    told = with_missing(careful.table, careful.steps[4], "general.loss", "OSError: gone")
    assert found(replace(careful, table=told), "study_metrics").passed
    silent = told.copy()
    silent.attrs["errors"] = {}
    result = found(replace(careful, table=silent), "study_metrics")
    assert not result.passed
    assert "no reason" in result.message


def test_a_filled_gap_is_found(careful):
    table = careful.table.copy()
    table.attrs["errors"] = {(careful.steps[4], "general"): "OSError: gone"}
    result = found(replace(careful, table=table), "study_metrics")
    assert not result.passed
    assert "yet has a number" in result.message


def test_a_verdict_that_the_numbers_do_not_give_is_found(careful):
    reported = careful.reported.copy()
    reported.loc[reported.metric == "log-odds", "verdict"] = "gradual"
    result = found(replace(careful, reported=reported), "study_transitions")
    assert not result.passed
    assert "reported as gradual" in result.message


def test_a_step_that_the_numbers_do_not_give_is_found(careful):
    reported = careful.reported.copy()
    reported.loc[reported.metric == "log-odds", "step"] *= 1.5
    assert not found(replace(careful, reported=reported), "study_transitions").passed


@pytest.mark.parametrize("change", ["dropped", "invented"])
def test_an_emergence_table_of_other_metrics_is_found(careful, change):
    reported = careful.reported.copy()
    rows = reported.iloc[1:] if change == "dropped" else pd.concat([reported, reported.iloc[:1].assign(metric="charm")])
    assert not found(replace(careful, reported=rows), "study_transitions").passed


def test_figures_that_are_not_there_or_show_other_numbers_are_found(careful, functions):
    assert not found(replace(careful, figures=[]), "study_figures").passed
    other = made_table(seed=1)
    assert not found(
        replace(careful, figures=drawn(made_study(table=other), functions).figures), "study_figures"
    ).passed


def test_a_figure_without_the_mark_is_found(careful, functions):
    result = found(drawn(careful, functions, {"log-odds": None}), "study_figures")
    assert not result.passed
    assert "log-odds" in result.message


def test_a_claim_needs_the_numbers_or_an_argument(careful):
    claims = careful.claims | {"log-odds": "gradual"}
    assert not found(replace(careful, claims=claims), "study_claims").passed
    argued = found(replace(careful, claims=claims, arguments={"log-odds": ARGUMENT}), "study_claims")
    assert argued.passed
    assert "for a person to read: log-odds" in argued.message
    assert not found(replace(careful, claims=claims, arguments={"log-odds": "I think so."}), "study_claims").passed


@pytest.mark.parametrize("claims", [{}, {"log-odds": "sudden"}, {"charm": "sudden", "log-odds": "sudden"}])
def test_claims_that_say_too_little_are_found(careful, claims):
    assert not found(replace(careful, claims=claims), "study_claims").passed


def test_the_steps_to_measure_anew_are_around_the_change_and_two_others_that_are_drawn(careful):
    drawn_steps = {seed: spots(careful, seed) for seed in range(30)}
    bracket = {int(step) for step in transitions_of(careful)["log-odds"].bracket}
    assert all(bracket <= set(steps) and len(steps) == len(bracket) + 2 for steps in drawn_steps.values())
    assert set().union(*drawn_steps.values()) == set(careful.steps)
    assert spots(careful, 3) == drawn_steps[3]


def test_the_same_numbers_anew_pass_and_rounding_does_not_matter(careful):
    rows = {
        step: {k: v * 1.001 for k, v in row.items()} for step, row in reported_rows(careful, careful.steps[:4]).items()
    }
    assert recomputed(careful, rows).passed


def test_a_curve_that_the_code_does_not_give_is_found(careful):
    rows = reported_rows(careful, careful.steps[-3:])
    table = careful.table.copy()
    table["concept.log_odds.roll"] += 1.0
    result = recomputed(replace(careful, table=table), rows)
    assert result.passed is False
    assert "concept.log_odds.roll" in result.message


def test_a_probe_may_tell_a_sentence_otherwise_but_not_everything(careful):
    step = careful.steps[-1]
    rows = reported_rows(careful, [step])
    rows[step]["probe.roll"] -= 0.25
    assert recomputed(careful, rows).passed
    rows[step] |= {name: 0.5 for name in rows[step] if name.startswith("probe.")}
    assert not recomputed(careful, rows).passed


def test_a_number_where_the_code_gives_none_is_found_and_a_column_that_is_not_reported_too(careful):
    step = careful.steps[2]
    told = reported_rows(careful, [step])
    row = told[step]
    assert not differences(told, told)
    assert differences(told, {step: row | {"general.loss": np.nan}})
    assert differences(told, {step: {k: v for k, v in row.items() if k != "general.loss"}})
    assert differences(told, {step: row | {"lens.layer 9": 1.0}})


@pytest.mark.parametrize("name", FINDINGS)
def test_a_study_without_checkpoints_gets_findings_and_no_error(careful, name):
    empty = careful.table.iloc[:0]
    empty.attrs["errors"] = {}
    result = found(replace(careful, table=empty), name)
    assert result.passed is False or name in ("study_metrics", "study_figures")
    assert recomputed(careful, {}).passed is False
