"""The runs and tables that ship with the kit, so that every analysis works without training first.

`load_recorded("grokking_classroom")` opens a run. How each was made is written here and can be made again:

    python -m course_utils.suites.shipped grokking_classroom DIRECTORY

`load_table("grokking_seeds")` opens a table: measures of runs whose checkpoints would be too large to ship.

Pitfall: they are stored with one byte per weight (see `weight_storage`), so a loss computed from a checkpoint agrees with
the recorded `metrics`, which were measured in training, to about 2 %. On other hardware, recording again gives the same
story with slightly different numbers, as float32 runs drift apart at this learning rate.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from course_utils.data import DATA
from course_utils.training.runs import RunGroup, TrainingRun, load_run

TABLES = DATA / "tables"

# Few enough for a small download: evenly spaced on a logarithmic axis, and dense where generalisation sets in.
_GROKKING_STEPS = [0, 10, 32, 60, 100, 147, 200, 240, 280, *range(320, 560, 20), 600, 780, 1000]
# Dense where heads form, in the slowest of eight seeds as in the fastest.
_INDUCTION_STEPS = [0, 10, 32, 100, 150, *range(170, 250, 10), 260, 280, 310, 360, 464, 681, 800]


def load_recorded(name: str) -> TrainingRun | RunGroup:
    """Open a run that ships with the kit. Raises KeyError, naming those there are, for an unknown name."""
    if name not in RECIPES:
        raise KeyError(f"got {name!r}; the runs that ship are {', '.join(RECIPES)}")
    return load_run(DATA / name)


def load_table(name: str) -> pd.DataFrame:
    """Open a table that ships with the kit. Raises KeyError, naming those there are, for an unknown name."""
    known = sorted(path.stem for path in TABLES.glob("*.csv"))
    if name not in known:
        raise KeyError(f"got {name!r}; the tables that ship are {', '.join(known)}")
    return pd.read_csv(TABLES / f"{name}.csv")


def record_grokking_classroom() -> TrainingRun:
    """The classroom run of seed 4, p = 113, with 24 of its checkpoints."""
    from course_utils.modular_addition.task import ModularAdditionConfig, train

    return train(ModularAdditionConfig.classroom(seed=4)).thinned(_GROKKING_STEPS)


def record_induction_classroom() -> RunGroup:
    """Eight seeds of the classroom run of the attention-only transformer, with 20 of their checkpoints."""
    from course_utils.attention_only.loop import InductionConfig, train

    return RunGroup([run.thinned(_INDUCTION_STEPS) for run in train(InductionConfig(), seeds=range(8))])


def record_induction_fixed_period() -> TrainingRun:
    """The same network trained on sequences of period 16 alone: a low loss without induction."""
    from course_utils.attention_only.loop import InductionConfig, train

    return train(InductionConfig(periods=(16, 16), steps=300)).thinned([0, 300])


def record_pun_world() -> TrainingRun:
    """Pun-world's language model, seed 0, with its 14 checkpoints."""
    from autograder.authoring.shipped.pun_world.training import PunWorldConfig, train_pun_world

    return train_pun_world(PunWorldConfig(seed=0))


def record_pun_world_without_puns() -> TrainingRun:
    """The same model after 400 steps on text in which no sentence is a pun: a base to fine-tune. Its last weights alone."""
    from autograder.authoring.shipped.pun_world.training import PunWorldConfig, train_pun_world

    config = PunWorldConfig(steps=400, checkpoint_steps=(0, 200, 400), measure_every=200, pun_rate=0.0)
    return train_pun_world(config).thinned([400])


RECIPES: dict[str, Callable[[], TrainingRun | RunGroup]] = {
    "grokking_classroom": record_grokking_classroom,
    "induction_classroom": record_induction_classroom,
    "induction_fixed_period": record_induction_fixed_period,
    "pun_world": record_pun_world,
    "pun_world_without_puns": record_pun_world_without_puns,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Train one of the runs that ship with the kit again.")
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument(
        "directory", type=Path, nargs="?", help="where to write it; the package's own data unless given"
    )
    arguments = parser.parse_args()
    run = RECIPES[arguments.name]()
    print(f"written to {run.save(arguments.directory or DATA / arguments.name, precision='int8')}")


if __name__ == "__main__":
    main()
