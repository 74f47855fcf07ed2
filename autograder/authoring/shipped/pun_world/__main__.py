"""Making pun-world: the commands that train a seed and print the figures of every seed.

    python -m autograder.authoring.shipped.pun_world train --seed 1 DIRECTORY     trains a seed, or goes on with one
    python -m autograder.authoring.shipped.pun_world report                       the figures of every seed

The corpus is described in `course_utils/pun_world/corpus.py`, the measures in `measures`, the figures of each seed in `report`.

Pitfall: seeds 1 and 2 ship as tables alone, so `report` repeats what was measured in training; `train` makes their checkpoints,
and says how far its table is from the one that ships.
"""

import argparse
import shutil
from pathlib import Path

from autograder.authoring.shipped.pun_world.report import distance_from_shipped, report, short_names
from autograder.authoring.shipped.pun_world.training import train_pun_world
from course_utils.pun_world.config import PunWorldConfig
from course_utils.pun_world.runs import PunWorldRun
from course_utils.suites.saved_runs import load_run


def train_seed(config: PunWorldConfig, directory: Path, progress: bool = True) -> PunWorldRun:
    """Train into a directory, saving at every checkpoint; a directory that holds a stopped run is gone on with.

    A finished run is written with one byte per weight and opened as it is. Raises FileExistsError for a directory that holds
    something else, ValueError for a stopped run with other settings.
    """
    resume = _stopped_run(directory)
    if resume is not None and resume.config == config and resume.trained_steps == config.steps:
        return resume
    run = train_pun_world(
        config, resume=resume, progress=progress, on_checkpoint=lambda so_far: _save_over(so_far, directory)
    )
    _save_over(run, directory)
    return run


def _save_over(run: PunWorldRun, directory: Path) -> None:
    """Save a run in place of an older state of itself, such that a stop at any moment leaves one of the two whole."""
    new, old = (directory.with_name(directory.name + ending) for ending in (".new", ".old"))
    for leftover in (new, old):
        shutil.rmtree(leftover, ignore_errors=True)
    run.save(new, "float32" if run.trained_steps < run.config.steps else "int8")
    if directory.exists():
        directory.rename(old)
    new.rename(directory)
    shutil.rmtree(old, ignore_errors=True)


def _stopped_run(directory: Path) -> PunWorldRun | None:
    new = directory.with_name(directory.name + ".new")
    if not directory.exists() and (new / "run.json").is_file():  # stopped between the two renamings of `_save_over`
        new.rename(directory)
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return None
    if not (directory / "run.json").is_file():
        raise FileExistsError(f"{directory} holds something else than a run of pun-world; give a new directory")
    run = load_run(directory)
    if getattr(run, "kind", None) != "pun_world":
        raise FileExistsError(f"{directory} holds a run of another kind; give a new directory")
    return run


def _train_command(seed: int, directory: Path) -> None:
    run = train_seed(PunWorldConfig(seed=seed), directory)
    if run.trained_steps < run.config.steps:
        print(f"stopped at step {run.trained_steps} and saved to {directory}; the same command goes on from there")
        return
    print(short_names(run.metrics.loc[run.steps]).to_string())
    print(f"written to {directory}\n{distance_from_shipped(run)}")


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="Train a seed of pun-world, or print the figures of every seed.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="train one seed and write its checkpoints and measures")
    train.add_argument("--seed", type=int, default=0)
    train.add_argument("directory", type=Path)
    commands.add_parser("report", help="print the measures of every seed, and what was wanted of them")
    given = parser.parse_args(arguments)
    if given.command == "report":
        print(report())
        return
    try:
        _train_command(given.seed, given.directory)
    except (FileExistsError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
