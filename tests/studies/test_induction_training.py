"""Option C of the project: several seeds in one folder, trained, stopped and gone on with, or opened as they are."""

import signal
from dataclasses import replace

import pytest
import torch

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.step import Trainer
from course_utils.studies.induction_training import induction_runs
from course_utils.suites.load import load_suite

CONFIG = InductionConfig(steps=24, length=12, d_model=8, batch=4, periods=(3, 6), dense=(4, 20, 4), measure_every=8)
SEEDS = (0, 1)


def weights(folder, seed):
    suite = load_suite(folder, seed=seed)
    return {step: suite.weights(step) for step in suite.steps}


def test_runs_are_trained_once_and_open_as_suites(tmp_path):
    induction_runs(tmp_path / "run", CONFIG, SEEDS, progress=False)
    written = {path: path.stat().st_mtime_ns for path in (tmp_path / "run").rglob("*") if path.is_file()}
    again = induction_runs(tmp_path / "run", CONFIG, SEEDS, progress=False)
    assert {path: path.stat().st_mtime_ns for path in written} == written
    assert list(again.seeds) == list(SEEDS)
    assert load_suite(tmp_path / "run", seed=1).steps[-1] == CONFIG.steps


def test_what_is_stopped_goes_on_to_the_same_weights(tmp_path, monkeypatch):
    induction_runs(tmp_path / "whole", CONFIG, SEEDS, progress=False)
    update, made = Trainer.update, []

    def stopped_at_nine(self, *arguments):
        made.append(1)
        if len(made) == 9:
            signal.raise_signal(signal.SIGINT)
        return update(self, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "update", stopped_at_nine)
        stopped = induction_runs(tmp_path / "run", CONFIG, SEEDS, progress=False)
    assert stopped.seed(0).trained_steps < CONFIG.steps
    induction_runs(tmp_path / "run", CONFIG, SEEDS, progress=False)
    for seed in SEEDS:
        one, other = weights(tmp_path / "whole", seed), weights(tmp_path / "run", seed)
        assert one.keys() == other.keys()
        for step in one:
            torch.testing.assert_close(dict(one[step]), dict(other[step]))


def test_a_folder_of_other_seeds_or_settings_is_refused_and_left_alone(tmp_path):
    induction_runs(tmp_path / "run", CONFIG, SEEDS, progress=False)
    with pytest.raises(ValueError, match=r"holds \[0, 1\]"):
        induction_runs(tmp_path / "run", CONFIG, (0, 2), progress=False)
    with pytest.raises(ValueError, match="d_model"):
        induction_runs(tmp_path / "run", replace(CONFIG, d_model=16), SEEDS, progress=False)
    assert load_suite(tmp_path / "run", seed=0).steps[-1] == CONFIG.steps
