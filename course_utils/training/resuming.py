"""Whether a stopped run can be gone on with: the same settings, and what the optimiser needs."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from course_utils.training.runs import RunGroup, TrainingRun


def configs_of_seeds(config: Any, seeds: Sequence[int] | None) -> list[Any]:
    """The config once for each seed, or itself alone; raises ValueError for seeds that repeat or are none."""
    if seeds is None:
        return [config]
    seeds = list(seeds)
    if not seeds or len(set(seeds)) < len(seeds):
        raise ValueError(f"train: got seeds {seeds}; expected one or more, each once")
    return [replace(config, seed=seed) for seed in seeds]


def runs_to_resume(configs: Sequence[Any], resume: TrainingRun | RunGroup) -> list[TrainingRun]:
    """The stopped run of each config; raises ValueError for other settings (more steps are allowed) and for finished runs."""
    earlier = [resume.seed(config.seed) if isinstance(resume, RunGroup) else resume for config in configs]
    for config, run in zip(configs, earlier, strict=True):
        expect_same_settings(config, run, but=("steps",))
        expect_optimiser(run)
    return earlier


def expect_same_settings(config: Any, run: TrainingRun, but: Sequence[str]) -> None:
    """Raise ValueError where a run has other settings than a config, those in `but` aside."""
    before = asdict(replace(run.config, **{name: getattr(config, name) for name in but}))
    if differing := sorted(name for name, value in asdict(config).items() if before[name] != value):
        raise ValueError(f"the run to resume has another {', '.join(differing)}; expected the same config")


def expect_optimiser(run: TrainingRun) -> None:
    """Raise ValueError where a run lacks what its optimiser needs to go on."""
    if run.resume_state is None:
        raise ValueError("the run to resume was saved finished, without its optimiser; train it anew")
