"""Training attention-only transformers on repeated tokens, several seeds as one batched computation.

    runs = train(InductionConfig(), seeds=range(4))        # a RunGroup: runs.seed(0).checkpoint(500), runs.metrics
    runs.save("runs/induction")                            # a directory that load_suite opens

The seeds share nothing but the arithmetic: each has weights, data and optimiser state of its own, stacked along a first
axis, so that four seeds take about as long as two would.

Pitfall: metrics at step t are those of the weights after t updates, on sequences of random period that were never trained
on, whatever the data of training.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from tqdm.auto import tqdm

from course_utils.attention_only import AttentionOnlyTransformer
from course_utils.repeated_tokens import repeated_sequences
from course_utils.training import RunGroup, TrainingRun, log_spaced_steps

_MEASURED_SEQUENCES = 64


@dataclass(frozen=True)
class InductionConfig:
    """A network and its training; `vocabulary` does not count the start token, `length` neither.

    `periods` are the least and the greatest period of training sequences. Raises ValueError for steps < 1 and length < 4.
    """

    vocabulary: int = 16
    length: int = 32
    d_model: int = 32
    n_heads: int = 4
    n_layers: int = 2
    positions: bool = True
    periods: tuple[int, int] = (4, 20)
    learning_rate: float = 3e-3
    weight_decay: float = 0.01
    batch: int = 32
    steps: int = 1000
    dense: tuple[int, int, int] = (200, 800, 25)
    measure_every: int = 25
    seed: int = 0
    dtype: str = "float32"

    def __post_init__(self) -> None:
        if self.steps < 1 or self.length < 4:
            raise ValueError(f"got steps={self.steps}, length={self.length}; expected at least 1 step and length 4")

    @property
    def checkpoint_steps(self) -> list[int]:
        """Log-spaced steps, and within `dense` (first, last, every) evenly spaced ones, where the transition is expected."""
        first, last, every = self.dense
        dense = range(first, min(last, self.steps) + 1, every)
        return sorted({*log_spaced_steps(self.steps), *dense})

    @property
    def measured_steps(self) -> list[int]:
        return sorted({*self.checkpoint_steps, *range(0, self.steps + 1, self.measure_every)})

    def build_model(self) -> AttentionOnlyTransformer:
        """An uninitialised network of this size."""
        return AttentionOnlyTransformer(
            self.vocabulary + 1, self.length + 1, self.d_model, self.n_heads, self.n_layers, self.positions
        )

    def initial_model(self) -> AttentionOnlyTransformer:
        """The network at step 0 of this config's seed."""
        return self.build_model().initialise_(torch.Generator().manual_seed(2 * self.seed))


class InductionRun(TrainingRun):
    """One seed's run; `metrics` has train_loss, first_loss and later_loss (nats) for each measured step."""

    kind = "attention_only"
    config: InductionConfig

    @classmethod
    def config_from_dict(cls, form: dict) -> InductionConfig:
        return InductionConfig(
            **{key: tuple(value) if isinstance(value, list) else value for key, value in form.items()}
        )

    def build_model(self) -> AttentionOnlyTransformer:
        return self.config.build_model()

    @property
    def batch_size(self) -> int:
        return self.config.batch

    def tokens_seen(self, step: int) -> int:
        """Training tokens shown by `step`, the start token of each sequence not counted."""
        return self.examples_seen(step) * self.config.length


def train(config: InductionConfig, seeds: Iterable[int] | None = None, progress: bool = True) -> RunGroup:
    """Train the seeds of a config together (its own seed alone where none are given).

    Raises FloatingPointError, naming the seed and the step, where a loss is no number. Stopped by hand, it gives what
    there is.
    """
    configs = [replace(config, seed=seed) for seed in ([config.seed] if seeds is None else seeds)]
    trainer = _Trainer(configs)
    with tqdm(total=config.steps, desc="attention only", unit="step", disable=not progress) as bar:
        try:
            trainer.record()
            while trainer.step < config.steps:
                trainer.update()
                trainer.record()
                bar.update()
        except KeyboardInterrupt:
            trainer.record(always=True)
            bar.write(f"Stopped at step {trainer.step} of {config.steps}.")
    return RunGroup(trainer.runs())


class _Trainer:
    """Stacked weights, AdamW, and what was recorded so far."""

    def __init__(self, configs: list[InductionConfig]) -> None:
        self.configs, self.config, self.step = configs, configs[0], 0
        self.weights, _ = stack_module_state([config.initial_model() for config in configs])
        self.optimiser = torch.optim.AdamW(
            self.weights.values(),
            lr=self.config.learning_rate,
            weight_decay=self.config.weight_decay,
            betas=(0.9, 0.98),
        )
        self.generators = [torch.Generator().manual_seed(2 * config.seed + 1) for config in configs]
        self.checkpoints: list[dict[int, dict[str, Tensor]]] = [{} for _ in configs]
        self.rows: list[dict[int, dict[str, float]]] = [{} for _ in configs]
        self.last_loss = torch.full((len(configs),), float("nan"))  # no batch was seen at step 0
        skeleton = self.config.build_model().to("meta")
        self.forward = vmap(lambda weights, tokens: functional_call(skeleton, weights, (tokens,)))
        self.gradients = vmap(
            grad_and_value(
                lambda weights, tokens: _losses(functional_call(skeleton, weights, (tokens,)), tokens).mean()
            )
        )
        measured_periods = (self.config.length // 4, self.config.length // 2)
        measured = _draw(self.config, torch.Generator().manual_seed(10**6), _MEASURED_SEQUENCES, measured_periods)
        self.measured, self.later = measured, _seen_before(measured, self.config.vocabulary)

    def update(self) -> None:
        """One AdamW step of every seed, each on sequences of its own."""
        config = self.config
        tokens = torch.stack([_draw(config, generator, config.batch, config.periods) for generator in self.generators])
        gradients, losses = self.gradients(dict(self.weights), tokens)
        if not losses.isfinite().all():
            seed = self.configs[int((~losses.isfinite()).nonzero()[0])].seed
            raise FloatingPointError(
                f"the loss of seed {seed} is no number at step {self.step}; try a lower learning_rate"
            )
        for name, weight in self.weights.items():
            weight.grad = gradients[name]
        self.optimiser.step()
        self.step, self.last_loss = self.step + 1, losses

    @torch.no_grad()
    def record(self, always: bool = False) -> None:
        """Keep what the schedule asks for at this step, or everything."""
        if always or self.step in self.config.checkpoint_steps:
            for number, kept in enumerate(self.checkpoints):
                kept[self.step] = {name: weight[number].detach().clone() for name, weight in self.weights.items()}
        if always or self.step in self.config.measured_steps:
            everyone = self.measured.expand(len(self.configs), -1, -1)
            losses = _losses(self.forward(self.weights, everyone), everyone)
            for number, rows in enumerate(self.rows):
                rows[self.step] = {
                    "train_loss": self.last_loss[number].item(),
                    "first_loss": losses[number][~self.later].mean().item(),
                    "later_loss": losses[number][self.later].mean().item(),
                }

    def runs(self) -> list[InductionRun]:
        return [
            InductionRun(config, config.seed, checkpoints, pd.DataFrame.from_dict(rows, "index").rename_axis("step"))
            for config, checkpoints, rows in zip(self.configs, self.checkpoints, self.rows, strict=True)
        ]


def _draw(config: InductionConfig, generator: torch.Generator, batch: int, periods: tuple[int, int]) -> Tensor:
    return repeated_sequences(batch, config.length, config.vocabulary, generator, periods)


def _losses(
    logits: Float[Tensor, "*any pos vocabulary"], tokens: Int[Tensor, "*any pos"]
) -> Float[Tensor, "*any pos-1"]:
    """-log probability of each next token, in nats."""
    return -logits[..., :-1, :].log_softmax(dim=-1).gather(-1, tokens[..., 1:, None])[..., 0]


def _seen_before(tokens: Int[Tensor, "batch pos"], vocabulary: int) -> Tensor:
    """Whether a next token was to be known: its predecessor has an earlier copy that the same token followed."""
    before, after = tokens[:, :-1], tokens[:, 1:]
    same = (before[:, :, None] == before[:, None]) & (after[:, :, None] == after[:, None])
    return same.tril(-1).any(dim=-1) & (before != vocabulary)
