"""Training attention-only transformers on repeated tokens, several seeds as one batched computation.

    runs = train(InductionConfig(), seeds=range(8))        # a RunGroup: runs.seed(0).checkpoint(240), runs.metrics
    runs.save("runs/induction")                            # a directory that load_suite opens

The defaults are the classroom setting: the change comes within 300 steps, in under half a minute for eight seeds.

Pitfalls: metrics at step t are those of the weights after t updates, on sequences of random period that were never trained
on, whatever the data of training. The batch of step t is drawn from (seed, t) alone, so that a run that was stopped goes on
with the sequences that it would have seen.
"""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from math import isfinite

import pandas as pd
import torch
from jaxtyping import Bool, Int
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.attention_only.config import InductionConfig
from course_utils.attention_only.repeated_tokens import repeated_sequences
from course_utils.attention_only.runs import InductionRun
from course_utils.attention_only.step import Trainer, next_token_losses
from course_utils.training.interruption import interrupts
from course_utils.training.resuming import configs_of_seeds, runs_to_resume
from course_utils.training.runs import RunGroup
from course_utils.training.subnormals import subnormals_as_zero

MEASURED_SEQUENCES = 64


def train(
    config: InductionConfig,
    seeds: Iterable[int] | None = None,
    *,
    resume: InductionRun | RunGroup | None = None,
    progress: bool = True,
) -> InductionRun | RunGroup:
    """Train on repeated tokens by AdamW, and keep checkpoints and metrics on the config's schedule.

    With `seeds`, one run per seed, all together; what comes back is then a group: `group.seed(2)`. Without, the run of
    `config.seed`. A run that was stopped (interrupt the kernel: what was trained so far comes back, and says so) goes on
    with `train(config, resume=run)`; more `steps` than before extend a run.

    Raises FloatingPointError, naming the seed and the step, where a loss is no number; ValueError for seeds that repeat or
    are none, or for a run to resume that was trained with other settings.
    """
    configs = configs_of_seeds(config, None if seeds is None else list(seeds))
    earlier = None if resume is None else runs_to_resume(configs, resume)
    recorder = _Recorder(configs, earlier)
    trainer, last = recorder.trainer, config.steps
    with (
        subnormals_as_zero(),
        tqdm(total=last, initial=trainer.step, desc="attention only", unit="step", disable=not progress) as bar,
        interrupts() as stop,
    ):
        recorder.record()
        while trainer.step < last and not stop:
            recorder.update()
            recorder.record(always=bool(stop))
            bar.update()
        if trainer.step < last:
            bar.write(f"Stopped at step {trainer.step} of {last}. train(config, resume=run) goes on from there.")
    runs = recorder.runs()
    return runs[0] if seeds is None else RunGroup(runs)


class _Recorder:
    """A trainer of the seeds, and the checkpoints and metrics gathered as it goes on."""

    def __init__(self, configs: list[InductionConfig], earlier: list[InductionRun] | None) -> None:
        self.configs, self.config = configs, configs[0]
        self.trainer = Trainer(
            [config.initial_model().state_dict() for config in configs],
            [partial(self._draw, config) for config in configs],
            learning_rate=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
        )
        self.losses = [float("nan")] * len(configs)  # no batch was seen at step 0
        self.checkpoints: list[dict[int, dict[str, Tensor]]] = [{} for _ in configs]
        self.rows: list[dict[int, dict[str, float]]] = [{} for _ in configs]
        if earlier:
            self.trainer.restore([run.resume_state for run in earlier])
            self._take_over(earlier)
        periods = (self.config.length // 4, self.config.length // 2)
        self.measured = training_batch(replace(self.config, seed=-1, batch=MEASURED_SEQUENCES, periods=periods), 0)
        self.later = _seen_before(self.measured, self.config.vocabulary)

    def _draw(self, config: InductionConfig) -> Int[Tensor, "batch pos"]:
        return training_batch(config, self.trainer.step + 1)

    def _take_over(self, earlier: list[InductionRun]) -> None:
        """What stopped runs kept, but for the step they happened to stop at, if it is none of the schedule's."""
        for number, run in enumerate(earlier):
            scheduled = set(self.config.checkpoint_steps)
            self.checkpoints[number] = {step: w for step, w in run.all_weights().items() if step in scheduled}
            measured = set(self.config.measured_steps)
            self.rows[number] = {step: row for step, row in run.metrics.to_dict("index").items() if step in measured}

    def update(self) -> None:
        """One step of every seed. Raises FloatingPointError where a loss is no number."""
        self.losses = self.trainer.update()
        for config, loss in zip(self.configs, self.losses, strict=True):
            if not isfinite(loss):
                raise FloatingPointError(
                    f"the loss of seed {config.seed} is no number at step {self.trainer.step}; try a lower learning_rate"
                )

    def record(self, always: bool = False) -> None:
        """Keep what the schedule asks for at the trainer's step, or everything."""
        step = self.trainer.step
        if always or step in self.config.checkpoint_steps:
            for number, kept in enumerate(self.checkpoints):
                kept[step] = self.trainer.weights(number)
        if (always or step in self.config.measured_steps) and step not in self.rows[0]:
            losses = next_token_losses(self.trainer.logits(self.measured), self.measured.expand(len(self.rows), -1, -1))
            for own, rows, train_loss in zip(losses, self.rows, self.losses, strict=True):
                rows[step] = {
                    "train_loss": train_loss,
                    "first_loss": own[~self.later].mean().item(),
                    "later_loss": own[self.later].mean().item(),
                }

    def runs(self) -> list[InductionRun]:
        """What was gathered, as one run per seed."""
        everything = zip(self.configs, self.checkpoints, self.rows, strict=True)
        return [
            InductionRun(config, config.seed, checkpoints, _table(rows), self.trainer.state(number))
            for number, (config, checkpoints, rows) in enumerate(everything)
        ]


def training_batch(config: InductionConfig, step: int) -> Int[Tensor, "batch pos"]:
    """The sequences that update number `step` (from 1) of a seed is made on: the same ones, however often it is stopped."""
    generator = torch.Generator().manual_seed((2 * config.seed + 1) * 2**32 + step)
    return repeated_sequences(config.batch, config.length, config.vocabulary, generator, config.periods)


def _table(rows: dict[int, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("step").sort_index()


def _seen_before(tokens: Int[Tensor, "batch pos"], vocabulary: int) -> Bool[Tensor, "batch pos-1"]:
    """Whether a next token was to be known: its predecessor has an earlier copy that the same token followed."""
    before, after = tokens[:, :-1], tokens[:, 1:]
    same = (before[:, :, None] == before[:, None]) & (after[:, :, None] == after[:, None])
    return same.tril(-1).any(dim=-1) & (before != vocabulary)
