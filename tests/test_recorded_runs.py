"""The runs that ship: small enough, whole, and the story that the grokking notebook tells about its own."""

import pytest

from course_utils.modular_addition import cross_entropy, pair_sums, pair_tokens
from course_utils.recorded import DATA, RECIPES, load_recorded
from course_utils.training import file_hash, read_description

MEGABYTES = {"grokking_classroom": 6, "pun_world": 14}


@pytest.fixture(scope="module")
def run():
    return load_recorded("grokking_classroom")


@pytest.mark.parametrize("name", list(RECIPES))
def test_it_is_small_and_no_file_was_changed(name):
    assert sum(path.stat().st_size for path in (DATA / name).iterdir()) < MEGABYTES[name] * 1e6
    for file, digest in read_description(DATA / name)["sha256"].items():
        assert file_hash(DATA / name / file) == digest


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


def test_an_unknown_name_says_which_there_are():
    with pytest.raises(KeyError, match="the runs that ship are grokking_classroom"):
        load_recorded("induction")
