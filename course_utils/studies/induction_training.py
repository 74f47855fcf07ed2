"""Option C of the project: induction networks trained from scratch, several seeds, kept in a folder that opens as a suite.

    trained = induction_runs("study/run")              # trains, goes on where it was stopped, or opens what is finished
    suite = load_suite("study/run", seed=0)

Pitfall: an interrupt (Kernel > Interrupt) keeps what was trained so far; a process that is killed begins anew, which takes
about twenty seconds.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.loop import train
from course_utils.suites.saved_runs import load_run
from course_utils.training.resuming import expect_same_settings
from course_utils.training.runs import RunGroup

SEEDS = (0, 1, 2, 3)


def induction_runs(
    directory: str | Path,
    config: InductionConfig | None = None,
    seeds: Iterable[int] = SEEDS,
    *,
    progress: bool = True,
) -> RunGroup:
    """The runs of several seeds, trained as far as the config says and saved in a directory.

    Raises ValueError for a directory that holds runs of other settings or seeds, FileExistsError for one that holds another
    kind of run, otherwise as `train`.
    """
    config, seeds, directory = config or InductionConfig(), list(seeds), Path(directory)
    earlier = load_run(directory) if (directory / "run.json").is_file() else None
    if earlier is not None and not isinstance(earlier, RunGroup):
        raise FileExistsError(f"{directory} holds a run of another kind; give a new directory")
    if earlier is not None and _is_finished(earlier, config, seeds):
        return earlier
    runs = train(config, seeds, resume=earlier, progress=progress)
    _put_in_place(runs, directory)
    return runs


def _is_finished(runs: RunGroup, config: InductionConfig, seeds: list[int]) -> bool:
    if list(runs.seeds) != seeds:
        raise ValueError(
            f"got the seeds {seeds}; the directory holds {list(runs.seeds)}. Give those, or a new directory"
        )
    for seed in seeds:
        expect_same_settings(replace(config, seed=seed), runs.seed(seed), but=("steps",))
    return all(runs.seed(seed).trained_steps >= config.steps for seed in seeds)


def _put_in_place(runs: RunGroup, directory: Path) -> None:
    """Save runs where earlier ones of theirs may lie: beside them first, so that a stop leaves one or the other."""
    beside = directory.with_name(f"{directory.name}.new")
    rmtree(beside, ignore_errors=True)
    runs.save(beside)
    if directory.exists():
        rmtree(directory)
    beside.rename(directory)
