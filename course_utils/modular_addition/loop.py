"""The training loop of modular addition: updates, measurements and checkpoints, of one or several seeds together.

Pitfall: metrics at step t are those of the weights after t updates, so that a row and the checkpoint of the same step
speak of the same network.
"""

from collections.abc import Sequence

import pandas as pd
import torch
from jaxtyping import Bool, Float
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.runs import ModularAdditionRun
from course_utils.modular_addition.step import BatchPart, Maps, Trainer
from course_utils.modular_addition.task import all_pairs, cross_entropy, pair_sums, split_pairs
from course_utils.training.resuming import configs_of_seeds, runs_to_resume
from course_utils.training.runs import RunGroup
from course_utils.training.subnormals import subnormals_as_zero


class Meter:
    """Measures the network on all pairs, those of training and those held out."""

    def __init__(self, configs: list[ModularAdditionConfig], maps: Maps) -> None:
        pairs = all_pairs(configs[0].modulus)
        self.pairs, self.answers = pairs.T.contiguous(), pair_sums(pairs, configs[0].modulus)
        self.in_training = [_training_mask(config) for config in configs]
        self.batch_part = BatchPart(len(pairs), maps)

    @torch.no_grad()
    def measure(self, trainer: Trainer, seed: int) -> dict[str, float]:
        """A row of metrics of the seed with this number. Raises FloatingPointError where a loss is no number."""
        losses, right = self._losses_and_hits(trainer.maps(seed))
        if not losses.isfinite().all():
            raise FloatingPointError(
                f"the loss is no number at step {trainer.step}, so training diverged; "
                f"got learning_rate={trainer.learning_rate}, try a tenth of it"
            )
        training = self.in_training[seed]
        return {
            "train_loss": losses[training].mean().item(),
            "test_loss": losses[~training].mean().item(),
            "train_accuracy": right[training].double().mean().item(),
            "test_accuracy": right[~training].double().mean().item(),
            "sum_squared_weights": sum(w.double().square().sum().item() for w in trainer.weights[seed].values()),
        }

    def _losses_and_hits(self, maps: Maps) -> tuple[Float[Tensor, " pair"], Bool[Tensor, " pair"]]:
        losses, right = [], []
        for piece in self.batch_part.pieces(len(self.answers)):
            logits = self.batch_part.logits(maps, self.pairs[:, piece])
            losses.append(cross_entropy(logits, self.answers[piece]))
            right.append(logits.argmax(dim=-1) == self.answers[piece])
        return torch.cat(losses), torch.cat(right)


class Recorder:
    """The checkpoints and metrics of every seed, gathered as training goes on."""

    def __init__(
        self, configs: list[ModularAdditionConfig], trainer: Trainer, earlier: list[ModularAdditionRun] | None
    ) -> None:
        self.configs, self.trainer, self.meter = configs, trainer, Meter(configs, trainer.maps(0))
        self.checkpoint_steps, self.measured_steps = set(configs[0].checkpoint_steps), set(configs[0].measured_steps)
        self.checkpoints = [run.all_weights() for run in earlier] if earlier else [{} for _ in configs]
        self.rows = [run.metrics.to_dict("index") for run in earlier] if earlier else [{} for _ in configs]

    def record(self, always: bool = False) -> None:
        """Keep what the schedule asks for at the trainer's step, or everything."""
        step = self.trainer.step
        if (always or step in self.measured_steps) and step not in self.rows[0]:
            measured = [self.meter.measure(self.trainer, seed) for seed in range(len(self.rows))]
            for rows, row in zip(self.rows, measured, strict=True):
                rows[step] = row
        if (always or step in self.checkpoint_steps) and step not in self.checkpoints[0]:
            for kept, weights in zip(self.checkpoints, self.trainer.weights, strict=True):
                kept[step] = {name: tensor.detach().clone() for name, tensor in weights.items()}

    def summary(self) -> str:
        """The last measured test accuracies, for the progress bar."""
        accuracies = [rows[max(rows)]["test_accuracy"] for rows in self.rows]
        return "test accuracy " + " ".join(f"{accuracy:.0%}" for accuracy in accuracies)

    def runs(self) -> list[ModularAdditionRun]:
        """What was gathered, as one run per seed."""
        return [
            ModularAdditionRun(config, config.seed, checkpoints, _table(rows), self.trainer.state(seed))
            for seed, (config, checkpoints, rows) in enumerate(
                zip(self.configs, self.checkpoints, self.rows, strict=True)
            )
        ]


def train(
    config: ModularAdditionConfig,
    seeds: Sequence[int] | None = None,
    *,
    resume: ModularAdditionRun | RunGroup | None = None,
    progress: bool = True,
) -> ModularAdditionRun | RunGroup:
    """Train on modular addition by full-batch AdamW, and keep checkpoints and metrics on the config's schedule.

    With `seeds`, one run per seed is trained, all together, each equal to what it would be alone; what comes back is
    then a group: `group.seed(2)`. Without, the run of `config.seed`. A run that was stopped (interrupt the kernel:
    what was trained so far comes back, and says so) goes on with `train(config, resume=run)`; more `steps` than
    before extend a run.

    Raises TypeError for what is no config, ValueError for seeds that repeat or are none, or for a run to resume that
    was trained with other settings.
    """
    if not isinstance(config, ModularAdditionConfig):
        raise TypeError(f"train: got {type(config).__name__}; expected a ModularAdditionConfig")
    configs = configs_of_seeds(config, seeds)
    earlier = None if resume is None else runs_to_resume(configs, resume)
    runs = train_together(configs, earlier, progress)
    return runs[0] if seeds is None else RunGroup(runs)


def train_together(
    configs: list[ModularAdditionConfig], earlier: list[ModularAdditionRun] | None, progress: bool
) -> list[ModularAdditionRun]:
    """Train configs that differ in their seed alone, and give the run of each; see `train`."""
    trainer = new_trainer(configs)
    if earlier:
        trainer.restore([run.resume_state for run in earlier])
    recorder = Recorder(configs, trainer, earlier)
    last = configs[0].steps
    with (
        subnormals_as_zero(),
        tqdm(total=last, initial=trainer.step, desc="modular addition", unit="step", disable=not progress) as bar,
    ):
        try:
            recorder.record()
            while trainer.step < last:
                trainer.update()
                recorder.record()
                bar.update()
                if trainer.step in recorder.measured_steps:
                    bar.set_postfix_str(recorder.summary(), refresh=False)
        except KeyboardInterrupt:
            recorder.record(always=True)
            bar.write(f"Stopped at step {trainer.step} of {last}. train(config, resume=run) goes on from there.")
    return recorder.runs()


def new_trainer(configs: list[ModularAdditionConfig]) -> Trainer:
    """A trainer at step 0 for configs that differ in their seed alone."""
    config = configs[0]
    return Trainer(
        [config.initial_model().state_dict() for config in configs],
        [split_pairs(config)[0] for config in configs],
        learning_rate=config.learning_rate,
        weight_decay=config.weight_decay,
        betas=config.betas,
        warmup_steps=config.warmup_steps,
    )


def _training_mask(config: ModularAdditionConfig) -> Bool[Tensor, " pair"]:
    mask = torch.zeros(config.modulus, config.modulus, dtype=torch.bool)
    mask[tuple(split_pairs(config)[0].mT)] = True
    return mask.flatten()


def _table(rows: dict[int, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("step").sort_index()
