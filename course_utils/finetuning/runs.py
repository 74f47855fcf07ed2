"""A fine-tuning run on disk: its checkpoints, what it needs to go on, and how it is opened as a suite.

The directory is that of every run of the kit (see `training`), and beside it lie

    config.json, tokenizer*.json   the architecture and the tokenizer, as transformers writes them
    resume-000123.safetensors      only while unfinished: weights in full and the optimiser's state after update 123

A checkpoint of a pretrained model may be large, so none stays in memory: each file is written when its step is reached, whole
or not at all, and `run.json` last, which names all others. A run that is killed at any moment goes on from what run.json names.

Pitfall: the architecture is built from transformers' own classes alone; a model that brings code of its own is refused.
"""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import asdict, dataclass
from pathlib import Path
from shutil import copyfile, rmtree
from typing import TYPE_CHECKING

import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from course_utils.finetuning.config import FineTuningConfig
from course_utils.training.hashing import file_hash
from course_utils.training.optimisers import optimiser_state, restore_optimiser
from course_utils.training.runs import SavedWeights, TrainingRun, read_description, weights_file
from course_utils.training.weight_storage import encode

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass
class Progress:
    """How far a run is: updates made, the file to go on from (None once finished), and the losses since the last measure."""

    trained_steps: int = 0
    resume: str | None = None
    loss_sum: float = 0.0
    loss_count: int = 0

    def mean_loss(self) -> float:
        """Mean training loss since the last measure, in nats per token, from when on it counts anew; NaN before any."""
        mean = self.loss_sum / self.loss_count if self.loss_count else float("nan")
        self.loss_sum, self.loss_count = 0.0, 0
        return mean


class FineTuningRun(TrainingRun):
    """What `finetune` returns and `load_run` opens: `steps`, `metrics`, `checkpoint(step)`, `tokenizer`, `tokens_seen(step)`.

    `study` says what was trained on what: hashes of the base's weights, of the texts and of the measured ones.
    """

    kind = "finetuning"
    config: FineTuningConfig
    directory: Path
    study: dict[str, str]
    progress: Progress

    def of(self, directory: Path, study: dict[str, str], progress: Progress) -> "FineTuningRun":
        """This run, told where it lies, what it is of and how far it is."""
        self.directory, self.study, self.progress = directory, study, progress
        return self

    @classmethod
    def config_from_dict(cls, form: dict) -> FineTuningConfig:
        return FineTuningConfig(**form | {"checkpoint_steps": tuple(form["checkpoint_steps"])})

    @classmethod
    def load(cls, directory: str | Path) -> "FineTuningRun":
        """Open a run from its directory; raises as `load_run`."""
        directory, description = Path(directory), read_description(directory)
        run, progress = super().load(directory), Progress(**description["progress"])
        # a run that was killed between two files may have measured more than run.json tells of
        run.metrics = run.metrics[run.metrics.index <= progress.trained_steps]
        return run.of(directory, description["study"], progress)

    def build_model(self) -> nn.Module:
        from transformers import AutoConfig, AutoModelForCausalLM

        config = AutoConfig.from_pretrained(self.directory, local_files_only=True, trust_remote_code=False)
        # eager, so that attention patterns can be read
        model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").float()
        if config.model_type == "gpt_neox":
            from course_utils.training.neox_output_name import either_name_of_the_output

            model.register_load_state_dict_pre_hook(either_name_of_the_output)
        return model

    @property
    def trained_steps(self) -> int:
        return self.progress.trained_steps

    @property
    def batch_size(self) -> int:
        return self.config.batch

    def tokens_seen(self, step: int) -> int:
        """Places for tokens shown by a step of fine-tuning: step times batch times window, padding included."""
        return step * self.config.batch * self.config.window

    @property
    def tokenizer(self) -> "PreTrainedTokenizerBase":
        from transformers import AutoTokenizer

        return AutoTokenizer.from_pretrained(self.directory, local_files_only=True, trust_remote_code=False)

    def thinned(self, steps: list[int]) -> "FineTuningRun":
        return super().thinned(steps).of(self.directory, self.study, self.progress)

    def save(self, directory: str | Path, precision: str | None = None) -> Path:
        directory = super().save(directory, precision)
        for path in self.directory.iterdir():
            if path.name not in {*map(weights_file, self.config.checkpoint_steps), "run.json", "metrics.csv"}:
                copyfile(path, directory / path.name)
        return directory

    def _description(self, precision: str, hashes: dict[str, str]) -> dict:
        return super()._description(precision, hashes) | {"study": self.study, "progress": asdict(self.progress)}


class RunDirectory:
    """The directory of a run while it is written; `run` is the run as it stands."""

    def __init__(self, path: str | Path, config: FineTuningConfig, study: dict[str, str]) -> None:
        self.path, self.config, self.study = Path(path), config, study
        self.progress = Progress()
        self.rows: dict[int, dict[str, float]] = {}
        self._hashes: dict[str, str] = {}

    @contextmanager
    def begun(self, model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase") -> Iterator[None]:
        """Architecture, tokenizer, and what the block writes lie in the directory once the block ends, all of it or none.

        Raises FileExistsError where the directory holds something.
        """
        directory = self.path
        if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
            raise FileExistsError(f"{directory} holds something else than a run of fine-tuning; give a new directory")
        self.path = directory.with_name(directory.name + ".new")
        rmtree(self.path, ignore_errors=True)  # of a run that was killed while it began
        self.path.mkdir(parents=True)
        model.config.save_pretrained(self.path)
        tokenizer.save_pretrained(self.path)
        yield
        if directory.exists():
            directory.rmdir()
        self.path.rename(directory)
        self.path = directory

    def take_over(self, run: FineTuningRun) -> None:
        """Go on with what a stopped run wrote."""
        self.progress = run.progress
        self.rows = run.metrics.to_dict("index")
        self._hashes = dict(read_description(self.path)["sha256"])

    def keep(self, model: "PreTrainedModel", step: int) -> None:
        """Write the weights of a step."""
        name, weights = weights_file(step), {n: w.detach().clone() for n, w in model.state_dict().items()}
        _write_whole(self.path / name, lambda path: save_file(encode(weights, self.config.dtype), path))
        self._hashes[name] = file_hash(self.path / name)

    def commit(self, model: "PreTrainedModel", optimiser: torch.optim.Optimizer, step: int) -> None:
        """Write all that it takes to go on after a step; run.json comes last and names the rest."""
        before = self.progress.resume
        self.progress.trained_steps = step
        self.progress.resume = f"resume-{step:06d}.safetensors" if step < self.config.steps else None
        if self.progress.resume:
            _write_whole(self.path / self.progress.resume, lambda path: save_file(_state(model, optimiser), path))
        run = self.run()
        _write_whole(self.path / "metrics.csv", run.metrics.to_csv)
        form = run._description(self.config.dtype, self._hashes)
        _write_whole(self.path / "run.json", lambda path: path.write_text(json.dumps(form, indent=1) + "\n"))
        if before and before != self.progress.resume:
            (self.path / before).unlink(missing_ok=True)

    def run(self) -> FineTuningRun:
        """The run as it stands."""
        steps = [step for step in self.config.checkpoint_steps if weights_file(step) in self._hashes]
        metrics = pd.DataFrame.from_dict(self.rows, orient="index").rename_axis("step")
        run = FineTuningRun(self.config, self.config.seed, SavedWeights(self.path, steps), metrics)
        return run.of(self.path, self.study, copy(self.progress))


def restore(run: FineTuningRun, model: "PreTrainedModel", optimiser: torch.optim.Optimizer) -> None:
    """Put model and optimiser back to where a run stopped."""
    state = load_file(run.directory / run.progress.resume)
    model.load_state_dict({n.removeprefix("weight."): w for n, w in state.items() if n.startswith("weight.")})
    restore_optimiser(model, optimiser, state)


def _state(model: "PreTrainedModel", optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Weights and moments, each a tensor of its own, as tied weights share one and safetensors writes none twice."""
    state = {f"weight.{name}": weight for name, weight in model.state_dict().items()}
    state |= optimiser_state(model, optimiser)
    return {name: tensor.detach().clone().contiguous() for name, tensor in state.items()}


def _write_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file such that a stop at any moment leaves the old one or the new one."""
    part = path.with_name(path.name + ".part")
    write(part)
    os.replace(part, path)
