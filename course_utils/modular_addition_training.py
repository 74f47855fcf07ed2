"""The training loop of modular addition: updates, measurements and checkpoints of one or several seeds together.

Pitfall: metrics at step t are those of the weights after t updates, so that a row and the checkpoint of the same step
speak of the same network.
"""

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from tqdm.auto import tqdm

from course_utils.modular_addition import ModularAdditionConfig, ModularAdditionRun, all_pairs, pair_sums
from course_utils.modular_addition_step import Trainer, Weights, table_logits


def cross_entropy(logits: Float[Tensor, "*batch modulus"], answers: Int[Tensor, "*batch"]) -> Float[Tensor, "*batch"]:
    """-log softmax(logits)[answer] per example, in nats and in float64 whatever the dtype of the logits.

    In float32 a loss under about 1e-7 is read as 0; in float64 the floor lies near 1e-16.

    >>> cross_entropy(torch.tensor([[0.0, 0.0]]), torch.tensor([1]))
    tensor([0.6931], dtype=torch.float64)
    """
    log_probabilities = logits.double().log_softmax(dim=-1)
    return -log_probabilities.gather(-1, answers[..., None])[..., 0]


@torch.no_grad()
def measure(weights: Weights, in_training: Tensor, modulus: int) -> list[dict[str, float]]:
    """The metrics of each seed: losses (nats), accuracies, and the sum of squared weights, over all pairs."""
    pairs = all_pairs(modulus)
    answers = pair_sums(pairs, modulus)
    rows = []
    for seed, training in enumerate(in_training):
        own = {name: tensor[seed : seed + 1] for name, tensor in weights.items()}
        logits = table_logits(own, pairs[None])[0]
        losses = cross_entropy(logits, answers)
        right = (logits.argmax(dim=-1) == answers).double()
        squares = sum(tensor.double().square().sum() for tensor in own.values())
        rows.append(
            {
                "train_loss": losses[training].mean().item(),
                "test_loss": losses[~training].mean().item(),
                "train_accuracy": right[training].mean().item(),
                "test_accuracy": right[~training].mean().item(),
                "sum_squared_weights": squares.item(),
            }
        )
    return rows


class _Recorder:
    """Checkpoints and metrics of every seed, as training goes on."""

    def __init__(self, configs: list[ModularAdditionConfig], earlier: list[ModularAdditionRun] | None) -> None:
        self.configs = configs
        config = configs[0]
        self.checkpoint_steps, self.measured_steps = set(config.checkpoint_steps), set(config.measured_steps)
        self.checkpoints: list[dict] = [dict(run._weights) for run in earlier] if earlier else [{} for _ in configs]
        self.rows: list[dict] = [run.metrics.to_dict("index") for run in earlier] if earlier else [{} for _ in configs]
        self.in_training = torch.stack([_training_mask(config) for config in configs])

    def record(self, trainer: Trainer, always: bool = False) -> None:
        step = trainer.step
        if (always or step in self.measured_steps) and step not in self.rows[0]:
            for rows, row in zip(
                self.rows, measure(trainer.weights, self.in_training, self.configs[0].modulus), strict=True
            ):
                rows[step] = row
        if (always or step in self.checkpoint_steps) and step not in self.checkpoints[0]:
            for seed, kept in enumerate(self.checkpoints):
                kept[step] = {name: tensor.detach()[seed].clone() for name, tensor in trainer.weights.items()}

    def runs(self, trainer: Trainer) -> list[ModularAdditionRun]:
        return [
            ModularAdditionRun(
                config,
                config.seed,
                self.checkpoints[seed],
                pd.DataFrame.from_dict(self.rows[seed], orient="index").rename_axis("step").sort_index(),
                trainer.state(seed),
            )
            for seed, config in enumerate(self.configs)
        ]


def train_together(
    configs: list[ModularAdditionConfig], earlier: list[ModularAdditionRun] | None, progress: bool
) -> list[ModularAdditionRun]:
    """Train configs that differ in their seed alone, and give the run of each; see `modular_addition.train`."""
    config = configs[0]
    trainer = Trainer(_initial_weights(configs), torch.stack([_training_pairs(c) for c in configs]), config)
    if earlier:
        trainer.restore([run.resume_state for run in earlier])
    recorder = _Recorder(configs, earlier)
    bar = tqdm(total=config.steps, initial=trainer.step, desc="modular addition", disable=not progress)
    try:
        recorder.record(trainer)
        while trainer.step < config.steps:
            trainer.update()
            recorder.record(trainer)
            bar.update()
    except KeyboardInterrupt:
        recorder.record(trainer, always=True)
        print(f"Stopped at step {trainer.step} of {config.steps}; train(config, resume=run) goes on from there.")
    finally:
        bar.close()
    return recorder.runs(trainer)


def _initial_weights(configs: list[ModularAdditionConfig]) -> Weights:
    states = [config.initial_model().state_dict() for config in configs]
    return {name: torch.stack([state[name] for state in states]) for name in states[0]}


def _training_pairs(config: ModularAdditionConfig) -> Int[Tensor, "train 2"]:
    from course_utils.modular_addition import split_pairs

    return split_pairs(config)[0]


def _training_mask(config: ModularAdditionConfig) -> Tensor:
    pairs = _training_pairs(config)
    mask = torch.zeros(config.modulus**2, dtype=torch.bool)
    mask[pairs[:, 0] * config.modulus + pairs[:, 1]] = True
    return mask
