"""Suites from runs of the kit's own trainers: directories that `run.save(directory)` wrote, those that ship among them.

A transformers model (pun-world) opens as an nnsight `TransformersModel` with its tokenizer, so that text can be traced; a
toy model opens as `NNsight(module)` and takes token ids.
"""

from collections.abc import Mapping
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import torch
from torch import Tensor

from course_utils.suites.base import Suite
from course_utils.suites.opening import as_dtype, as_nnsight
from course_utils.training.runs import RunGroup, TrainingRun, read_description

_LOSSES = ("test_loss", "plain_loss", "repeat_loss", "train_loss")  # the first that a run's metrics have


class RunSuite(Suite):
    """The checkpoints of a training run as a suite; `run` is the run itself, with its config and metrics."""

    def __init__(
        self, run: TrainingRun, name: str, dtype: torch.dtype | str | None = None, device: str = "cpu"
    ) -> None:
        self.run, self.name = run, name
        self.dtype, self.device = as_dtype(dtype), device
        self.tokenizer = getattr(run, "tokenizer", None)

    @property
    def steps(self) -> list[int]:
        return self.run.steps

    def tokens(self, step: int) -> int | None:
        seen = getattr(self.run, "tokens_seen", None)
        return None if seen is None else seen(step)

    def weights(self, step: int) -> Mapping[str, Tensor]:
        return self.run.weights(step)

    def build(self, step: int) -> Any:
        return as_nnsight(self.run.checkpoint(step).to(self.device, self.dtype), self.tokenizer)

    def recorded_loss(self, step: int) -> float | None:
        column = next((name for name in _LOSSES if name in self.run.metrics), None)
        if column is None or step not in self.run.metrics.index:
            return None
        return float(self.run.metrics.loc[step, column])


# Every kind of run that a run.json may name, and what opens it: a new trainer adds a line. A file that came from elsewhere
# never decides which code is imported.
RUN_KINDS = {
    "modular_addition": "course_utils.modular_addition.runs:ModularAdditionRun",
    "attention_only": "course_utils.attention_only.runs:InductionRun",
    "pun_world": "course_utils.pun_world.runs:PunWorldRun",
    "finetuning": "course_utils.finetuning.runs:FineTuningRun",
}


def load_run(directory: str | Path) -> TrainingRun | RunGroup:
    """Open what `save` wrote: the run of one seed, or a group of seeds.

    Raises FileNotFoundError where the directory holds no run.json, ValueError for a format or kind that this version of
    the kit does not know.
    """
    directory = Path(directory)
    description = read_description(directory, kinds=RUN_KINDS)
    run_type = resolve_name(RUN_KINDS[description["kind"]])  # imported now: each kind needs a trainer or transformers
    if "seeds" in description:
        return RunGroup([run_type.load(directory / f"seed-{seed}") for seed in description["seeds"]])
    return run_type.load(directory)


def open_run(directory: Path, seed: int | None, dtype: torch.dtype | str | None, device: str) -> RunSuite:
    """A saved run as a suite; raises FileNotFoundError, saying what to do, for a directory that holds none."""
    return as_suite(load_run(directory), str(directory), seed, dtype, device)


def as_suite(
    run: TrainingRun | RunGroup, name: str, seed: int | None, dtype: torch.dtype | str | None, device: str
) -> RunSuite:
    """A run, or one seed of several, as a suite; raises ValueError for a seed that is missing or that there is not."""
    if isinstance(run, RunGroup):
        if seed is None:
            raise ValueError(
                f"{name} holds the seeds {run.seeds}; expected one of them, as in "
                f"load_suite({name!r}, seed={run.seeds[0]})"
            )
        run = run.seed(seed)
    elif seed is not None and seed != run.seed_number:
        raise ValueError(f"got seed={seed}; {name} holds seed {run.seed_number} alone")
    return RunSuite(run, f"{name} seed {run.seed_number}" if seed is not None else name, dtype, device)
