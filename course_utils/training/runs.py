"""Training runs: checkpoints and metrics of one seed or several, and how they are saved and opened again.

A study of training dynamics is a study of checkpoints, so a run here is its checkpoints: `steps`, `metrics`,
`checkpoint(step)`. Every trainer of the kit hands out a `TrainingRun`, in memory or opened from a directory, and
whatever reads checkpoints need not know which trainer made them.

A saved run is a directory without any pickle:

    run.json                  format, kind, seed, config, steps, batch, precision, sha256 of every weight file, ...
    metrics.csv               one row per measured step, numbers written so that float64 comes back exactly
    step-000123.safetensors   the weights at step 123, one file per checkpoint
    resume.safetensors        only where training stopped early: what the optimiser needs to go on

and several seeds that trained together are one directory that holds `run.json` (kind, seeds) and `seed-0/`,
`seed-1/`, ...

Pitfalls: a step is the number of updates made, so step 0 is the initialisation; steps are integers, and the number of
examples seen is computed from step times batch. Checkpoints are finite in number: what happened between two of them is
not known, and a transition cannot be placed more finely than the two that bracket it.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from course_utils.training.hashing import file_hash
from course_utils.training.weight_storage import PRECISIONS, decode, encode

FORMAT = 1


class TrainingRun:
    """One seed's training: `steps`, `metrics`, `checkpoint(step)`, `save(directory)`.

    A trainer's own run has a `kind`, `config_from_dict`, `build_model` and `batch_size`; its config is a dataclass with `steps`
    and `dtype` among its fields. It may have a `tokenizer`, and `tokens_seen(step)`.
    """

    kind: ClassVar[str]

    def __init__(
        self,
        config: Any,
        seed: int,
        weights: Mapping[int, dict[str, Tensor]],
        metrics: pd.DataFrame,
        resume_state: dict[str, Tensor] | None = None,
    ) -> None:
        self.config = config
        self.seed_number = seed
        self.metrics = metrics
        self._weights = weights
        self.resume_state = resume_state

    @classmethod
    def config_from_dict(cls, form: dict) -> Any:
        raise NotImplementedError

    def build_model(self) -> nn.Module:
        """The module that the weights of this run fit into."""
        raise NotImplementedError

    @property
    def steps(self) -> list[int]:
        """The steps that `checkpoint` can open, in order; step 0 is the initialisation."""
        return sorted(self._weights)

    @property
    def trained_steps(self) -> int:
        """How many updates were made: less than `config.steps` where training was stopped."""
        return max(self.steps)

    @property
    def batch_size(self) -> int:
        """Training examples per step."""
        raise NotImplementedError

    def examples_seen(self, step: int) -> int:
        """Training examples shown by `step`, repeats counted: step times batch size."""
        return step * self.batch_size

    def checkpoint(self, step: int) -> nn.Module:
        """The model at a step, in eval mode and without gradients.

        Raises KeyError, naming the nearest kept steps, for a step of which no checkpoint was kept.
        """
        if step not in self._weights:
            raise KeyError(_no_checkpoint(step, self.steps))
        model = self.build_model()
        model.load_state_dict(self._weights[step])
        return model.eval().requires_grad_(False)

    def weights(self, step: int) -> dict[str, Tensor]:
        """The tensors of a checkpoint by parameter name; raises as `checkpoint`."""
        return dict(self.checkpoint(step).state_dict())

    def all_weights(self) -> dict[int, dict[str, Tensor]]:
        """The tensors of every checkpoint, by step and parameter name."""
        return dict(self._weights)

    def thinned(self, steps: list[int]) -> "TrainingRun":
        """The same run with only some of its checkpoints; the metrics stay whole. Raises KeyError as `checkpoint`."""
        for step in steps:
            if step not in self._weights:
                raise KeyError(_no_checkpoint(step, self.steps))
        kept = {step: self._weights[step] for step in steps}
        return type(self)(self.config, self.seed_number, kept, self.metrics, self.resume_state)

    def save(self, directory: str | Path, precision: str | None = None) -> Path:
        """Write the run into a directory (see the head of this file), and return that directory.

        `precision` is that of the weight files (see `weight_storage`), the run's own unless given. Raises ValueError for
        an unknown one, FileExistsError where the directory already holds something.
        """
        precision = precision or self.config.dtype
        if precision not in PRECISIONS:
            raise ValueError(f"got precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
        directory = _empty_directory(directory)
        hashes = {}
        for step in self.steps:
            name = weights_file(step)
            save_file(encode(self._weights[step], precision), directory / name)
            hashes[name] = file_hash(directory / name)
        unfinished = self.trained_steps < self.config.steps
        if self.resume_state is not None and unfinished:
            save_file(self.resume_state, directory / "resume.safetensors")
        self.metrics.to_csv(directory / "metrics.csv")
        _write_json(directory / "run.json", self._description(precision, hashes))
        return directory

    def _description(self, precision: str, hashes: dict[str, str]) -> dict:
        return {
            "format": FORMAT,
            "kind": self.kind,
            "seed": self.seed_number,
            "config": asdict(self.config),
            "steps": self.steps,
            "trained_steps": self.trained_steps,
            "batch_size": self.batch_size,
            "precision": precision,
            "torch": torch.__version__,
            "sha256": hashes,
        }

    @classmethod
    def load(cls, directory: str | Path) -> "TrainingRun":
        """Open a saved run; weights are read when a checkpoint is asked for. Raises as `read_description`."""
        directory = Path(directory)
        description = read_description(directory)
        resume = directory / "resume.safetensors"
        return cls(
            cls.config_from_dict(description["config"]),
            description["seed"],
            SavedWeights(directory, description["steps"]),
            _read_metrics(directory / "metrics.csv"),
            load_file(resume) if resume.exists() else None,
        )


class RunGroup:
    """Several seeds of one config, trained together: `seeds`, `seed(s)`, and `metrics` indexed by (seed, step)."""

    def __init__(self, runs: list[TrainingRun]) -> None:
        self._runs = {run.seed_number: run for run in runs}

    @property
    def seeds(self) -> list[int]:
        return list(self._runs)

    @property
    def config(self) -> Any:
        return next(iter(self)).config

    @property
    def steps(self) -> list[int]:
        """The steps that every seed has a checkpoint of."""
        return sorted(set.intersection(*(set(run.steps) for run in self)))

    @property
    def metrics(self) -> pd.DataFrame:
        return pd.concat({run.seed_number: run.metrics for run in self}, names=["seed"])

    def seed(self, seed: int) -> TrainingRun:
        """One seed's run; raises KeyError, naming the seeds there are."""
        if seed not in self._runs:
            raise KeyError(f"got seed {seed}; expected one of {self.seeds}")
        return self._runs[seed]

    def __iter__(self) -> Iterator[TrainingRun]:
        return iter(self._runs.values())

    def __len__(self) -> int:
        return len(self._runs)

    def save(self, directory: str | Path, precision: str | None = None) -> Path:
        """Write every seed into `seed-S/` of a directory, and return that directory; raises as `TrainingRun.save`."""
        directory = _empty_directory(directory)
        for run in self:
            run.save(directory / f"seed-{run.seed_number}", precision)
        kind = next(iter(self)).kind
        _write_json(directory / "run.json", {"format": FORMAT, "kind": kind, "seeds": self.seeds})
        return directory


class SavedWeights(Mapping):
    """The weights of a saved run by step, each read from its file when asked for."""

    def __init__(self, directory: Path, steps: list[int]) -> None:
        self.directory, self._steps = directory, list(steps)

    def __getitem__(self, step: int) -> dict[str, Tensor]:
        if step not in self._steps:
            raise KeyError(step)
        path = self.directory / weights_file(step)
        try:
            return decode(load_file(path))
        except (SafetensorError, FileNotFoundError) as error:
            what = "is missing" if isinstance(error, FileNotFoundError) else f"is damaged ({error})"
            raise OSError(
                f"{path}, which run.json lists, {what}; the other steps can be used. Copy it anew, or train the run again"
            ) from error

    def __iter__(self) -> Iterator[int]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)


def read_description(directory: str | Path, kinds: Collection[str] = ()) -> dict:
    """The content of a run's run.json; of one of the `kinds`, where any are given.

    Raises FileNotFoundError where the directory holds none, ValueError for a format or kind that this version of the kit
    does not know.
    """
    path = Path(directory) / "run.json"
    if not path.is_file():
        raise FileNotFoundError(f"no saved run in {directory}: expected {path}, which run.save(directory) writes")
    description = json.loads(path.read_text())
    if description.get("format") != FORMAT or (kinds and description.get("kind") not in kinds):
        expected = f"format {FORMAT}" + (f" and kind {' or '.join(kinds)}" if kinds else "")
        raise ValueError(
            f"{path}: got format {description.get('format')!r} and kind {description.get('kind')!r}; "
            f"expected {expected}. Was it saved by a newer version?"
        )
    return description


def weights_file(step: int) -> str:
    """The name of the file that holds a step's weights.

    >>> weights_file(123)
    'step-000123.safetensors'
    """
    return f"step-{step:06d}.safetensors"


def _read_metrics(path: Path) -> pd.DataFrame:
    # Read as text first: pandas' own parser is, in some versions, off in the last digit of a float64.
    table = pd.read_csv(path, dtype=str).astype(float)
    return table.astype({"step": int}).set_index("step")


def _empty_directory(directory: str | Path) -> Path:
    directory = Path(directory)
    if directory.exists() and any(directory.iterdir()):
        raise FileExistsError(f"{directory} is not empty; give a new directory, so that no older run is overwritten")
    directory.mkdir(parents=True, exist_ok=True)
    return directory


def _write_json(path: Path, form: dict) -> None:
    path.write_text(json.dumps(form, indent=1) + "\n")


def _no_checkpoint(step: int, steps: list[int]) -> str:
    nearest = sorted(sorted(steps, key=lambda kept: abs(kept - step))[:4])
    return f"no checkpoint at step {step}; the nearest kept are {nearest}. run.steps lists all {len(steps)}"
