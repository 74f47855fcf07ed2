"""The tables of measures that ship with the kit, made with the measures of the solved notebooks.

    python -m autograder.authoring.shipped.tables grokking_seeds

A table needs the very functions that students write, so it is made here, where the solved scripts are, and not in what
students install. Each is written to `course_utils/data/tables/NAME.csv`, and opened with `load_table`.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from tqdm.auto import tqdm

from autograder.authoring.solved_code import solved_functions
from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.loop import train as train_induction
from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import train
from course_utils.modular_addition.runs import ModularAdditionRun
from course_utils.modular_addition.task import all_pairs, pair_sums, pair_tokens
from course_utils.suites.shipped import TABLES

EARLY = (22, 46, 100, 215)  # the steps at which a forecast is made


def grokking_measures(run: ModularAdditionRun, steps: Iterable[int]) -> pd.DataFrame:
    """Every measure of the grokking notebook at some steps of a run, key frequencies read off its last checkpoint."""
    solved = solved_functions("grokking")
    modulus = run.config.modulus
    basis = solved["fourier_basis"](modulus)
    key = solved["key_frequencies"](_spectrum(solved, run, run.steps[-1], basis))
    directions = torch.stack([solved["sum_directions"](k, modulus) for k in key])
    rows = {step: _measures_at(solved, run, step, basis, directions, key) for step in steps}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("step").join(run.metrics)


def _spectrum(solved: dict, run: ModularAdditionRun, step: int, basis: torch.Tensor) -> torch.Tensor:
    return solved["embedding_spectrum"](run.checkpoint(step).embed.W_E[: run.config.modulus], basis)


def _measures_at(
    solved: dict, run: ModularAdditionRun, step: int, basis: torch.Tensor, directions: torch.Tensor, key: list[int]
) -> dict[str, float]:
    modulus, model = run.config.modulus, run.checkpoint(step)
    logits, cache = model.run_with_cache(pair_tokens(all_pairs(modulus), modulus))
    logits = logits.reshape(modulus, modulus, modulus)
    train_pairs = torch.zeros(modulus, modulus, dtype=torch.bool)
    train_pairs[tuple(run.train_pairs.T)] = True
    readout = (model.mlp.W_out @ model.unembed.W_U).T.double()
    return {
        "restricted_loss": solved["restricted_loss"](logits, directions),
        "excluded_loss": solved["excluded_loss"](logits, directions, train_pairs),
        "logit_share": solved["logit_frequency_share"](logits, directions).sum().item(),
        "gini_embedding": solved["gini_coefficient"]((basis @ model.embed.W_E[:modulus].double()).norm(dim=1)),
        "gini_neurons_to_logits": solved["gini_coefficient"]((basis @ readout).norm(dim=1)),
        "probe": _mean_probe(solved, cache["mlp.hook_post"], key, modulus),
    }


def _mean_probe(solved: dict, neurons: torch.Tensor, key: list[int], modulus: int) -> float:
    """Held-out R^2 of the probe, averaged over the key frequencies; fitted on three pairs in ten."""
    order = torch.randperm(modulus**2, generator=torch.Generator().manual_seed(0))
    fitted, held_out = order[: len(order) * 3 // 10], order[len(order) * 3 // 10 :]
    sums = pair_sums(all_pairs(modulus), modulus)
    sides = neurons[fitted], sums[fitted], neurons[held_out], sums[held_out]
    return sum(solved["frequency_probe"](*sides, k, modulus) for k in key) / len(key)


def grokking_seeds() -> pd.DataFrame:
    """The classroom run of seeds 0 to 7, with every measure at every step that the run keeps."""
    runs = train(ModularAdditionConfig.classroom(), seeds=range(8))
    return pd.concat({run.seed_number: grokking_measures(run, run.steps) for run in tqdm(runs)}, names=["seed"])


def grokking_settings() -> pd.DataFrame:
    """The metrics of the classroom run of seed 4 with other settings."""
    base = ModularAdditionConfig.classroom(seed=4)
    configs = {
        "weight decay 1, 30 % of the pairs": base,
        "weight decay 0": replace(base, weight_decay=0.0),
        "20 % of the pairs": replace(base, train_fraction=0.2),
    }
    return pd.concat({name: train(config).metrics for name, config in configs.items()}, names=["setting"])


def grokking_forecasts() -> pd.DataFrame:
    """Twenty-four runs modulo 59 with settings drawn at random: measures at four early steps, and when each generalised.

    The first sixteen are to learn from, the others are held out. Measures that need the key frequencies are left out, as
    those are read off the end of a run. `generalised` is the first measured step with a test accuracy of 0.9: at this
    learning rate the loss of some runs jumps up once more, long after, which is not what a forecast is about. It is
    missing for a run that does not get there in 2000 steps.
    """
    runs = {number: train(config, progress=False) for number, config in enumerate(tqdm(_forecast_configs()))}
    return pd.concat({number: _early_measures(run) for number, run in runs.items()}, names=["run"])


def induction_settings() -> pd.DataFrame:
    """The loss on repeats, over training, of attention-only networks in which one setting differs; three seeds each."""
    base = InductionConfig()
    configs = {
        "two layers": base,
        "one layer": replace(base, n_layers=1),
        "no positions": replace(base, positions=False),
        "no weight decay": replace(base, weight_decay=0.0),
        "one period (16)": replace(base, periods=(16, 16)),
    }
    tables = {name: train_induction(config, seeds=range(3)).metrics["later_loss"] for name, config in configs.items()}
    return pd.concat(tables, names=["setting"]).to_frame()


def _forecast_configs() -> list[ModularAdditionConfig]:
    rng = np.random.default_rng(0)
    small = ModularAdditionConfig(modulus=59, d_model=64, d_mlp=256, learning_rate=3e-3, steps=2000)
    small = replace(small, measure_every=25, checkpoint_every=500)
    drawn = [(10 ** rng.uniform(0.1, 0.6), rng.uniform(0.35, 0.6)) for _ in range(24)]
    return [
        replace(small, weight_decay=round(decay, 3), train_fraction=round(share, 3), seed=seed)
        for seed, (decay, share) in enumerate(drawn)
    ]


def _early_measures(run: ModularAdditionRun) -> pd.DataFrame:
    there = run.metrics.index[run.metrics["test_accuracy"] >= 0.9]
    table = grokking_measures(run, EARLY).drop(columns=["restricted_loss", "excluded_loss", "logit_share", "probe"])
    settings = {"weight_decay": run.config.weight_decay, "train_fraction": run.config.train_fraction}
    return table.assign(**settings, held_out=run.seed_number >= 16, generalised=there.min())


RECIPES: dict[str, Callable[[], pd.DataFrame]] = {
    recipe.__name__: recipe for recipe in (grokking_seeds, grokking_settings, grokking_forecasts, induction_settings)
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Make one of the tables that ship with the kit again.")
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--file", type=Path, help="where to write it; the package's own data unless given")
    options = parser.parse_args()
    path = options.file or TABLES / f"{options.name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    RECIPES[options.name]().to_csv(path, float_format="%.6g")
    print(f"written to {path}")


if __name__ == "__main__":
    main()
