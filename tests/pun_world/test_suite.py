"""The suite that ships: it opens as text model, its weights do what its table says, and every seed shows what was wanted."""

import nnsight
import pandas as pd
import pytest
import torch

from autograder.authoring.shipped.pun_world import report as pun_world_report
from autograder.authoring.shipped.pun_world.measures import measures
from autograder.authoring.shipped.pun_world.report import (
    card_figures,
    order_of_changes,
    recorded_measures,
    report,
    wanted_figures,
)
from course_utils.pun_world.corpus import held_out_pairs, vocabulary
from course_utils.suites.load import load_suite
from course_utils.suites.shipped import DATA, load_recorded, load_table

SEEDS = (0, 1, 2)
INT8_COSTS = 0.02  # of a share of successes or nats; the card says what was measured


@pytest.fixture(scope="module")
def suite():
    return load_suite("pun-world")


def test_it_opens_as_a_text_model_that_completes_a_pun_it_never_saw(suite) -> None:
    assert suite.steps[0] == 0 and suite.steps[-1] == 2600 and 12 <= len(suite.steps) <= 16
    assert suite.tokens(1000) == 1000 * 32 * 64
    prompts = ["i used to be a banker but i had no", "i once was an accountant but i needed a"]
    with suite.open(2600) as model:
        assert isinstance(model, nnsight.TransformersModel)
        with model.trace(prompts):  # of different lengths after <start>
            logits = model.output.logits.save()
    assert suite.tokenizer.convert_ids_to_tokens(logits[:, -1].argmax(-1).tolist()) == ["interest", "change"]


def test_the_weights_have_attention_that_can_be_read(suite) -> None:
    with suite.open(0) as model, torch.no_grad():
        tokens = suite.tokenizer("i once was a cook", return_tensors="pt")["input_ids"]
        patterns = model._module(tokens, output_attentions=True).attentions
    assert len(patterns) == 4 and patterns[0].shape == (1, 4, 6, 6)
    assert torch.allclose(patterns[0].sum(-1), torch.ones(1, 4, 6))


def test_weights_of_one_byte_do_what_was_measured_in_training() -> None:
    run = load_recorded("pun_world")
    now, recorded = pd.Series(measures(run.checkpoint(2600))), run.metrics.loc[2600].drop("train_loss")
    assert set(now.index) == set(recorded.index)
    assert (now - recorded).abs().max() < INT8_COSTS


def test_all_that_ships_takes_less_than_fourteen_megabytes() -> None:
    files = [*(DATA / "pun_world").iterdir(), DATA / "tables" / "pun_world_seeds.csv"]
    assert sum(file.stat().st_size for file in files) < 14e6


@pytest.mark.parametrize("seed", SEEDS)
def test_each_seed_shows_what_was_wanted(seed: int) -> None:
    table = recorded_measures(seed)
    figures = wanted_figures(table)
    assert figures.held.all(), figures.to_string()
    order = order_of_changes(table)["first reached"]
    assert "never" not in set(order)
    assert set(load_recorded("pun_world").steps) <= set(table.index) and set(range(0, 2601, 100)) <= set(table.index)


def test_the_table_of_seed_0_is_that_of_the_run_that_ships() -> None:
    pd.testing.assert_frame_equal(recorded_measures(0), load_recorded("pun_world").metrics, check_exact=True)
    assert set(load_table("pun_world_seeds").seed) == set(SEEDS)
    with pytest.raises(KeyError, match="no measures of seed 7 ship"):
        recorded_measures(7)


def test_seeds_differ() -> None:
    tables = [recorded_measures(seed) for seed in SEEDS]
    assert not tables[0].equals(tables[1]) and not tables[1].equals(tables[2])


def test_the_report_tells_of_every_seed(monkeypatch) -> None:
    monkeypatch.setattr(
        pun_world_report, "measured_anew", lambda run: run.metrics.loc[run.steps].drop(columns="train_loss")
    )
    text = report()
    for seed in SEEDS:
        assert f"seed {seed}, " in text and f"order of changes in seed {seed}" in text
    assert text.count("measured now, from the checkpoints that ship") == 1
    assert text.count("at least 0.85") == len(SEEDS)


def test_the_card_tells_the_figures_of_the_table() -> None:
    card = (DATA / "pun_world" / "README.md").read_text()
    assert card_figures() in card
    assert f"{len(vocabulary())} words" in card and len(held_out_pairs()) == 36
