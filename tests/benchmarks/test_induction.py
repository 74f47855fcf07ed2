"""The benchmark of the attention-only trainer compares like with like, and counts what formed."""

from dataclasses import replace

import pandas as pd
import torch

from benchmarks.induction import PlainTrainer, batched, formation_steps
from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.runs import InductionRun
from course_utils.training.runs import RunGroup

SMALL = InductionConfig(vocabulary=8, length=12, d_model=16, n_heads=2, periods=(2, 6), batch=4)


def test_both_trainers_train_the_same_networks():
    configs = [replace(SMALL, seed=seed) for seed in (0, 1)]
    plain, fast = PlainTrainer(configs), batched(configs)
    for trainer in (plain, fast):
        for _ in range(4):
            trainer.update()
    for number, model in enumerate(plain.models):
        for name, weight in fast.weights(number).items():
            torch.testing.assert_close(weight, model.state_dict()[name], rtol=1e-3, atol=1e-4)


def test_a_seed_that_does_not_form_is_none():
    losses = {0: [3.4, 0.9, 0.4], 1: [3.4, 2.6, 2.5]}
    runs = [
        InductionRun(SMALL, seed, {}, pd.DataFrame({"later_loss": later}, index=[0, 100, 200]))
        for seed, later in losses.items()
    ]
    assert formation_steps(RunGroup(runs)) == [100, None]
