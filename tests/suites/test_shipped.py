"""The runs that ship: small enough, whole, and the stories that the notebooks tell about their own."""

import pytest
import torch

from autograder.authoring.shipped.runs import RECIPES
from autograder.authoring.solved_code import solved_functions
from course_utils.attention_only.repeated_tokens import repeated_sequences
from course_utils.modular_addition.task import cross_entropy, pair_sums, pair_tokens
from course_utils.suites.shipped import DATA, load_recorded
from course_utils.training.hashing import file_hash
from course_utils.training.runs import read_description

MEGABYTES = {
    "grokking_classroom": 6,
    "induction_classroom": 3,
    "induction_fixed_period": 0.1,
    "pun_world": 14,
    "pun_world_without_puns": 1.2,
}
CHANCE = 3.466  # ln 32, nats: the loss of a network that knows nothing


@pytest.fixture(scope="module")
def run():
    return load_recorded("grokking_classroom")


@pytest.mark.parametrize("name", list(RECIPES))
def test_it_is_small_and_no_file_was_changed(name):
    files = [path for path in (DATA / name).rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MEGABYTES[name] * 1e6
    for description in [path for path in files if path.name == "run.json"]:
        for file, digest in read_description(description.parent).get("sha256", {}).items():
            assert file_hash(description.parent / file) == digest


@pytest.mark.parametrize("step", [0, 60, 380, 1000])
def test_checkpoints_agree_with_the_metrics_measured_in_training(run, step):
    model, row = run.checkpoint(step), run.metrics.loc[step]
    for name, pairs in (("train", run.train_pairs), ("test", run.test_pairs)):
        loss = cross_entropy(model(pair_tokens(pairs, 113)), pair_sums(pairs, 113)).mean().item()
        assert loss == pytest.approx(row[f"{name}_loss"], rel=0.03)  # a byte per weight costs up to 2 %


def test_it_memorises_long_before_it_generalises(run):
    memorised = run.metrics.index[run.metrics.train_accuracy == 1][0]
    generalised = run.metrics.index[run.metrics.test_accuracy >= 0.99][0]
    assert 5 * memorised < generalised < 1000
    assert run.metrics.loc[memorised, "test_accuracy"] < 0.15


def test_checkpoints_bracket_the_transition_closely(run):
    before = max(step for step in run.steps if run.metrics.test_accuracy[step] < 0.5)
    after = min(step for step in run.steps if step > before)
    assert after - before <= 20


def losses(model, period: int) -> dict[str, float]:
    tokens = repeated_sequences(64, 32, 32, torch.Generator().manual_seed(1), (period, period))
    return solved_functions("induction_heads")["repeat_loss"](model(tokens), tokens, period)


def test_induction_forms_in_seven_of_eight_seeds_at_least():
    runs = load_recorded("induction_classroom")
    assert runs.seeds == list(range(8))
    formed = [losses(run.checkpoint(800), 12)["later"] < 1 for run in runs]
    assert sum(formed) >= 7
    for run in runs:
        assert abs(losses(run.checkpoint(100), 12)["later"] - CHANCE) < 0.6
        assert run.metrics.later_loss[100] > 2.8 and run.metrics.later_loss[800] < 0.6


def test_the_shortcut_has_a_lower_loss_where_it_was_trained_and_none_of_it_elsewhere():
    shortcut = load_recorded("induction_fixed_period").checkpoint(300)
    circuit = load_recorded("induction_classroom").seed(3).checkpoint(800)
    assert losses(shortcut, 16)["later"] < 0.1 < losses(circuit, 16)["later"] < 0.5
    assert losses(shortcut, 11)["later"] > CHANCE + 1 > losses(circuit, 11)["later"] + 3


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(KeyError, match="the runs that ship are grokking_classroom, induction"):
        load_recorded("bigrams")
