"""Schedules and saved runs: what is written comes back, and what cannot be read says why."""

import json
from dataclasses import replace

import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import train
from course_utils.suites.saved_runs import load_run
from course_utils.training.hashing import file_hash
from course_utils.training.kept_steps import checkpoint_schedule, log_spaced_steps

SMALL = ModularAdditionConfig(modulus=7, d_model=8, n_heads=2, d_mlp=8, steps=20, measure_every=5, checkpoint_every=10)


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    """These networks are too small for a second thread to help, and two test workers would wait for each other."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def run():
    return train(SMALL, progress=False)


@pytest.fixture(scope="module")
def group():
    return train(SMALL, seeds=[2, 5], progress=False)


@given(st.integers(0, 200_000), st.integers(1, 5_000), st.integers(1, 12))
def test_schedules_are_sorted_and_hold_both_ends(last, every, per_decade):
    steps = checkpoint_schedule(last, every, per_decade)
    assert steps == sorted(set(steps))
    assert (steps[0], steps[-1]) == (0, last)
    assert all(after - before <= every for before, after in zip(steps, steps[1:], strict=False))
    assert set(log_spaced_steps(last, per_decade)) <= set(steps)


@pytest.mark.parametrize(("last", "every"), [(-1, 1), (10, 0)])
def test_impossible_schedules_are_refused(last, every):
    with pytest.raises(ValueError, match="expected last >= 0 and every >= 1"):
        checkpoint_schedule(last, every)


def test_a_saved_run_comes_back_whole(run, tmp_path):
    opened = load_run(run.save(tmp_path / "run"))
    assert (opened.config, opened.seed_number, opened.steps) == (run.config, 0, run.steps)
    pd.testing.assert_frame_equal(opened.metrics, run.metrics, check_exact=True)
    for step in run.steps:
        for name, weight in run.weights(step).items():
            assert torch.equal(opened.weights(step)[name], weight)
    assert torch.equal(opened.train_pairs, run.train_pairs)


def test_a_saved_run_is_plain_files_with_hashes(run, tmp_path):
    directory = run.save(tmp_path / "run")
    description = json.loads((directory / "run.json").read_text())
    assert (description["kind"], description["batch_size"]) == ("modular_addition", SMALL.n_train)
    assert description["steps"] == run.steps
    weight_files = {path.name: file_hash(path) for path in directory.glob("step-*.safetensors")}
    assert description["sha256"] == weight_files
    assert {path.suffix for path in directory.iterdir()} == {".json", ".csv", ".safetensors"}
    assert not (directory / "resume.safetensors").exists()  # only a run that was stopped needs it


def test_seeds_are_saved_side_by_side(group, tmp_path):
    opened = load_run(group.save(tmp_path / "group"))
    assert opened.seeds == [2, 5]
    pd.testing.assert_frame_equal(opened.metrics, group.metrics, check_exact=True)
    alone = load_run(tmp_path / "group" / "seed-5")
    pd.testing.assert_frame_equal(alone.metrics, group.seed(5).metrics, check_exact=True)
    with pytest.raises(KeyError, match=r"got seed 3; expected one of \[2, 5\]"):
        opened.seed(3)


def test_half_precision_opens_as_the_run_s_own(run, tmp_path):
    opened = load_run(run.save(tmp_path / "run", precision="float16"))
    for name, weight in run.weights(20).items():
        assert opened.weights(20)[name].dtype == torch.float32
        torch.testing.assert_close(opened.weights(20)[name], weight, rtol=1e-3, atol=1e-6)


def test_a_byte_per_weight_is_off_by_half_a_step_of_its_row_at_most(run, tmp_path):
    opened = load_run(run.save(tmp_path / "run", precision="int8"))
    for name, weight in run.weights(20).items():
        steps = weight.abs().amax(dim=-1, keepdim=True) / 127
        assert ((opened.weights(20)[name] - weight).abs() <= steps * 0.501).all()
    for name in ("mlp.b_in", "mlp.b_out"):
        assert torch.equal(opened.weights(20)[name], run.weights(20)[name])
    assert opened.weights(0)["mlp.b_in"].eq(0).all()


def test_float64_runs_keep_their_precision(tmp_path):
    run = train(replace(SMALL, dtype="float64"), progress=False)
    opened = load_run(run.save(tmp_path / "run"))
    assert all(torch.equal(opened.weights(20)[name], weight) for name, weight in run.weights(20).items())


def test_thinning_keeps_the_metrics(run):
    thin = run.thinned([0, 20])
    assert thin.steps == [0, 20]
    pd.testing.assert_frame_equal(thin.metrics, run.metrics)
    with pytest.raises(KeyError):
        run.thinned([0, 19])


def test_examples_are_counted_from_steps_and_batch(run):
    assert run.examples_seen(20) == 20 * SMALL.n_train


def test_a_missing_checkpoint_names_the_nearest(run):
    with pytest.raises(KeyError, match=r"no checkpoint at step 13; the nearest kept are \[7, 10, 15, 20\]"):
        run.checkpoint(13)


def test_saving_never_overwrites(run, tmp_path):
    run.save(tmp_path / "run")
    with pytest.raises(FileExistsError, match="not empty; give a new directory"):
        run.save(tmp_path / "run")


def test_unknown_precision_is_refused(run, tmp_path):
    with pytest.raises(ValueError, match="got precision 'int4'; expected one of float64, float32, float16, int8"):
        run.save(tmp_path / "run", precision="int4")


def test_what_is_no_run_says_so(tmp_path):
    with pytest.raises(FileNotFoundError, match="no saved run in"):
        load_run(tmp_path)


@pytest.mark.parametrize("changes", [{"format": 2}, {"kind": "os:system"}, {"kind": None}])
def test_unknown_formats_and_kinds_are_refused(run, tmp_path, changes):
    path = run.save(tmp_path / "run") / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    with pytest.raises(ValueError, match="expected format 1 and kind modular_addition"):
        load_run(tmp_path / "run")
