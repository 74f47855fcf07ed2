"""Suites from runs of the kit's own trainers: those that ship, and directories that `run.save(directory)` wrote.

A transformers model (pun-world) opens as an nnsight `TransformersModel` with its tokenizer, so that text can be traced; a
toy model opens as `NNsight(module)` and takes token ids.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from course_utils.suites.suite import Suite
from course_utils.training.runs import RunGroup, TrainingRun, load_run, read_description

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


def open_shipped(name: str, shown: str, seed: int | None, dtype: torch.dtype | str | None, device: str) -> RunSuite:
    """A run that ships, as a suite; the arguments are those of `load_suite`."""
    from course_utils.suites.shipped import load_recorded

    return _suite(load_recorded(name), shown, seed, dtype, device)


def open_run(directory: Path, seed: int | None, dtype: torch.dtype | str | None, device: str) -> RunSuite:
    """A saved run as a suite; raises FileNotFoundError, saying what to do, for a directory that holds none."""
    read_description(directory)
    return _suite(load_run(directory), str(directory), seed, dtype, device)


def _suite(
    run: TrainingRun | RunGroup, name: str, seed: int | None, dtype: torch.dtype | str | None, device: str
) -> RunSuite:
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


def as_nnsight(module: torch.nn.Module, tokenizer: Any = None) -> Any:
    """A module wrapped for nnsight: a transformers model with its tokenizer as a TransformersModel, others plainly."""
    import nnsight

    if tokenizer is not None:
        return nnsight.TransformersModel(module, tokenizer=tokenizer)
    return nnsight.NNsight(module)


def as_dtype(dtype: torch.dtype | str | None) -> torch.dtype | None:
    """A torch dtype from itself or its name; raises ValueError for what is none."""
    if dtype is None or isinstance(dtype, torch.dtype):
        return dtype
    found = getattr(torch, str(dtype).removeprefix("torch."), None)
    if not isinstance(found, torch.dtype):
        raise ValueError(f"got dtype={dtype!r}; expected a torch dtype or its name, as in 'float32' or 'bfloat16'")
    return found
