"""Training pun-world's language model: a small GPT-NeoX, Pythia's architecture, on text that never repeats.

The batch of step t is drawn with a generator seeded by (seed, t) alone, so a run that was stopped goes on with the very text
that it would have seen. AdamW with a short warm-up and a constant learning rate: a schedule that decays would put an
end to changes where it ends, and transitions are what this model is for.

Pitfall: float32 sums depend on the order of their terms, hence on the number of threads: training runs on one thread, so the
same machine gives the same curves to the last digit. Another kind of processor gives curves that agree closely, not exactly.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from autograder.authoring.shipped.pun_world.measures import measures
from course_utils.pun_world.config import PunWorldConfig
from course_utils.pun_world.corpus import Corpus
from course_utils.pun_world.runs import PunWorldRun
from course_utils.pun_world.tokenizer import word_numbers
from course_utils.training.interruption import interrupts
from course_utils.training.optimisers import optimiser_state, restore_optimiser
from course_utils.training.resuming import expect_optimiser, expect_same_settings
from course_utils.training.subnormals import subnormals_as_zero
from course_utils.training.worker_threads import one_thread


def training_batch(config: PunWorldConfig, step: int) -> Int[Tensor, "batch window"]:
    """The token ids that update number `step` (from 1) sees."""
    corpus, numbers = Corpus(np.random.default_rng((config.seed, step)), config.pun_rate), word_numbers()
    return torch.tensor([[numbers[word] for word in corpus.window(config.window)] for _ in range(config.batch)])


def train_pun_world(
    config: PunWorldConfig | None = None,
    *,
    resume: PunWorldRun | None = None,
    progress: bool = True,
    on_checkpoint: Callable[[PunWorldRun], None] | None = None,
) -> PunWorldRun:
    """Train pun-world's model by next-token prediction, keeping weights and measures at the config's steps.

    An interrupt keeps what was trained so far; `resume=run` goes on from there to the very curves of an uninterrupted
    run. `on_checkpoint` is called with the run as it stands after each kept step, to save it. Raises ValueError for a
    run to resume that has other settings or was saved finished.
    """
    config = config or PunWorldConfig()
    with one_thread(), subnormals_as_zero():
        torch.manual_seed(config.seed)
        model = config.build_model()
        optimiser = torch.optim.AdamW(model.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay)
        kept = _Kept(config, model)
        if resume is None:
            done = 0
            kept.look(0)
        else:
            done = _restore(config, resume, model, optimiser, kept)
        _train(config, model, optimiser, kept, done, progress, on_checkpoint)
    return kept.run(optimiser)


def _train(
    config: PunWorldConfig,
    model: torch.nn.Module,
    optimiser: torch.optim.AdamW,
    kept: "_Kept",
    done: int,
    progress: bool,
    on_checkpoint: Callable[[PunWorldRun], None] | None,
) -> None:
    with (
        tqdm(total=config.steps, initial=done, desc="pun-world", unit="step", disable=not progress) as bar,
        interrupts() as stop,
    ):
        for step in range(done + 1, config.steps + 1):
            kept.losses.append(_update(config, model, optimiser, step))
            bar.update()
            kept.look(step, always=bool(stop))
            if on_checkpoint is not None and step in kept.weights:
                on_checkpoint(kept.run(optimiser))
            if stop and step < config.steps:
                bar.write(f"Stopped at step {step} of {config.steps}. train_pun_world(config, resume=run) goes on.")
                return


class _Kept:
    """The weights and measures of the steps that a config asks for."""

    def __init__(self, config: PunWorldConfig, model: torch.nn.Module) -> None:
        self.config, self.model = config, model
        self.weights: dict[int, dict[str, Tensor]] = {}
        self.rows: dict[int, dict[str, float]] = {}
        self.losses: list[float] = []

    def look(self, step: int, always: bool = False) -> None:
        """Measure the model as it is now and keep its weights, if its step is one for that."""
        if always or step in self.config.checkpoint_steps:
            self.weights[step] = {name: weight.detach().clone() for name, weight in self.model.state_dict().items()}
        if step not in self.rows and (always or self.config.is_measured(step)):
            train_loss = float(np.mean(self.losses)) if self.losses else float("nan")
            self.rows[step] = {"train_loss": train_loss, **measures(self.model)}
            self.losses.clear()

    def restore(self, run: PunWorldRun) -> None:
        """Take over what a stopped run kept, but for the step it happened to stop at."""
        self.weights = {
            step: weights for step, weights in run.all_weights().items() if step in self.config.checkpoint_steps
        }
        self.rows = run.metrics.to_dict("index")
        stopped, before = run.trained_steps, max((step for step in self.rows if step < run.trained_steps), default=0)
        if not self.config.is_measured(stopped):
            # its mean loss, once for each update that it covers, gives the next row the mean it would have had
            self.losses = [self.rows.pop(stopped)["train_loss"]] * (stopped - before)

    def run(self, optimiser: torch.optim.AdamW) -> PunWorldRun:
        """The run as it stands, with the optimiser's state where it is not finished."""
        metrics = pd.DataFrame.from_dict(self.rows, orient="index").rename_axis("step")
        state = optimiser_state(self.model, optimiser) if max(self.weights) < self.config.steps else None
        return PunWorldRun(self.config, self.config.seed, dict(self.weights), metrics, state)


def _update(config: PunWorldConfig, model: torch.nn.Module, optimiser: torch.optim.AdamW, step: int) -> float:
    tokens = training_batch(config, step)
    optimiser.param_groups[0]["lr"] = config.learning_rate * min(1.0, step / max(1, config.warmup_steps))
    logits = model(tokens).logits[:, :-1]
    loss = F.cross_entropy(logits.flatten(0, 1), tokens[:, 1:].flatten())
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())


def _restore(
    config: PunWorldConfig, run: PunWorldRun, model: torch.nn.Module, optimiser: torch.optim.AdamW, kept: _Kept
) -> int:
    """Put model, optimiser and what was kept back to where a run stopped; the number of updates made by then."""
    expect_same_settings(config, run, but=("steps", "checkpoint_steps"))
    expect_optimiser(run)
    model.load_state_dict(run.all_weights()[run.trained_steps])
    restore_optimiser(model, optimiser, run.resume_state)
    kept.restore(run)
    return run.trained_steps
