"""The runs that ship with the kit: how each was trained, and the command that trains it again.

    python -m autograder.authoring.shipped.runs grokking_classroom DIRECTORY

Pitfall: on other hardware, recording again gives the same story with slightly different numbers, as float32 runs drift apart at
this learning rate.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from autograder.authoring.shipped.pun_world.training import train_pun_world
from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.loop import train as train_induction
from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.loop import train as train_grokking
from course_utils.pun_world.config import PunWorldConfig
from course_utils.training.runs import RunGroup, TrainingRun

# Few enough for a small download: evenly spaced on a logarithmic axis, and dense where generalisation sets in.
_GROKKING_STEPS = [0, 10, 32, 60, 100, 147, 200, 240, 280, *range(320, 560, 20), 600, 780, 1000]
# Dense where heads form, in the slowest of eight seeds as in the fastest.
_INDUCTION_STEPS = [0, 10, 32, 100, 150, *range(170, 250, 10), 260, 280, 310, 360, 464, 681, 800]


def record_grokking_classroom() -> TrainingRun:
    """The classroom run of seed 4, p = 113, with 24 of its checkpoints."""
    return train_grokking(ModularAdditionConfig.classroom(seed=4)).thinned(_GROKKING_STEPS)


def record_induction_classroom() -> RunGroup:
    """Eight seeds of the classroom run of the attention-only transformer, with 20 of their checkpoints."""
    return RunGroup([run.thinned(_INDUCTION_STEPS) for run in train_induction(InductionConfig(), seeds=range(8))])


def record_induction_fixed_period() -> TrainingRun:
    """The same network trained on sequences of period 16 alone: a low loss without induction."""
    return train_induction(InductionConfig(periods=(16, 16), steps=300)).thinned([0, 300])


def record_pun_world() -> TrainingRun:
    """Pun-world's language model, seed 0, with its 14 checkpoints."""
    return train_pun_world(PunWorldConfig(seed=0))


def record_pun_world_without_puns() -> TrainingRun:
    """The same model after 400 steps on text in which no sentence is a pun: a base to fine-tune. Its last weights alone."""
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
        "directory", type=Path, help="where to write it, a new folder: `data/NAME` once that is removed"
    )
    arguments = parser.parse_args()
    run = RECIPES[arguments.name]()
    print(f"written to {run.save(arguments.directory, precision='int8')}")


if __name__ == "__main__":
    main()
