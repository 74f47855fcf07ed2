"""Training pun-world's language model: a small GPT-NeoX, Pythia's architecture, on text that never repeats.

The batch of step t is drawn with a generator seeded by (seed, t) alone, so a run that was stopped goes on with the very text
that it would have seen. AdamW with a short warm-up and a constant learning rate: a schedule that decays would put an
end to changes where it ends, and transitions are what this model is for.

Pitfall: float32 sums depend on the order of their terms, hence on the number of threads: training runs on one thread, so the
same machine gives the same curves to the last digit. Another kind of processor gives curves that agree closely, not exactly.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from autograder.authoring.shipped.pun_world.measures import measures
from course_utils.pun_world.corpus import START, UNKNOWN, Corpus, vocabulary
from course_utils.training.interruption import interrupts
from course_utils.training.optimiser_state import optimiser_state, restore_optimiser
from course_utils.training.resuming import expect_optimiser, expect_same_settings
from course_utils.training.runs import TrainingRun
from course_utils.training.worker_threads import one_thread

if TYPE_CHECKING:
    from transformers import GPTNeoXForCausalLM, PreTrainedTokenizerFast

# Log-spaced, each step about 1.2 times the one before where puns and reactions are learned.
CHECKPOINT_STEPS = (0, 10, 32, 100, 250, 500, 700, 850, 1000, 1200, 1450, 1750, 2100, 2600)


@dataclass(frozen=True)
class PunWorldConfig:
    """Settings of a pun-world run; the defaults are those of the suite that ships.

    `window` is the context length in tokens, `checkpoint_steps` the updates after which weights are kept and measured;
    every `measure_every` updates the model is measured as well. `pun_rate` is the share of puns among
    pun-shaped training sentences: 0 for none, None for the corpus's own mixture.
    """

    d_model: int = 128
    n_layers: int = 4
    n_heads: int = 4
    d_mlp: int = 512
    window: int = 64
    batch: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    warmup_steps: int = 50
    steps: int = CHECKPOINT_STEPS[-1]
    checkpoint_steps: tuple[int, ...] = field(default=CHECKPOINT_STEPS)
    measure_every: int = 100
    seed: int = 0
    dtype: str = "float32"
    pun_rate: float | None = None

    def __post_init__(self) -> None:
        steps = tuple(self.checkpoint_steps)
        if list(steps) != sorted(set(steps)) or not steps or steps[0] < 0:
            raise ValueError(f"got checkpoint_steps={steps}; expected ascending steps from 0 on, each once")
        if self.d_model % self.n_heads:
            raise ValueError(
                f"got d_model={self.d_model}, n_heads={self.n_heads}; expected heads that divide the model"
            )
        if self.measure_every < 1:
            raise ValueError(f"got measure_every={self.measure_every}; expected at least 1")
        object.__setattr__(
            self, "checkpoint_steps", tuple(sorted({*(step for step in steps if step <= self.steps), self.steps}))
        )

    def is_measured(self, step: int) -> bool:
        """Whether the model is measured after an update: at every kept step, every `measure_every`, and at the end."""
        return step in self.checkpoint_steps or step % self.measure_every == 0 or step == self.steps

    def build_model(self) -> "GPTNeoXForCausalLM":
        """The network, with weights as initialised by transformers from torch's current seed."""
        from transformers import GPTNeoXConfig, GPTNeoXForCausalLM

        model = GPTNeoXForCausalLM(
            GPTNeoXConfig(
                vocab_size=len(vocabulary()),
                hidden_size=self.d_model,
                num_hidden_layers=self.n_layers,
                num_attention_heads=self.n_heads,
                intermediate_size=self.d_mlp,
                max_position_embeddings=self.window,
                bos_token_id=0,
                eos_token_id=0,
                attention_dropout=0.0,
                hidden_dropout=0.0,
                use_cache=False,
                attn_implementation="eager",  # so that attention patterns can be read
            )
        )
        model.register_load_state_dict_pre_hook(either_name_of_the_output)
        return model


def either_name_of_the_output(model: torch.nn.Module, weights: dict[str, Tensor], *_) -> None:
    """Some releases of transformers 5 call GPT-NeoX's output matrix embed_out, others lm_head: weights of both fit."""
    names = {"embed_out.weight", "lm_head.weight"}
    (own,) = names & {name for name, _ in model.named_parameters()}
    (other,) = names - {own}
    if other in weights:
        weights[own] = weights.pop(other)


class PunWorldRun(TrainingRun):
    """A run of `train_pun_world`: `steps`, `metrics`, `checkpoint(step)`, `tokenizer`, `tokens_seen(step)`, `save`.

    `metrics` has a row per measured step: `train_loss` (nats per token, mean over the updates since the row before) and
    everything that `measures` tells.
    """

    kind = "pun_world"
    config: PunWorldConfig

    @classmethod
    def config_from_dict(cls, form: dict) -> PunWorldConfig:
        return PunWorldConfig(**form | {"checkpoint_steps": tuple(form["checkpoint_steps"])})

    def build_model(self) -> "GPTNeoXForCausalLM":
        return self.config.build_model()

    @property
    def batch_size(self) -> int:
        return self.config.batch

    def tokens_seen(self, step: int) -> int:
        """Training tokens shown by a step: step times batch times window."""
        return step * self.config.batch * self.config.window

    @property
    def tokenizer(self) -> "PreTrainedTokenizerFast":
        return word_tokenizer()

    def save(self, directory: str | Path, precision: str | None = None) -> Path:
        directory = super().save(directory, precision)
        self.tokenizer.backend_tokenizer.save(str(directory / "tokenizer.json"))
        return directory


@lru_cache(maxsize=1)
def _numbers() -> dict[str, int]:
    return {word: n for n, word in enumerate(vocabulary())}


@lru_cache(maxsize=1)
def word_tokenizer() -> "PreTrainedTokenizerFast":
    """One token per word of pun-world, in the tokenizers format; text is lower case, words parted by spaces.

    Every text gets `<start>` before it, as in training: without it completion falls from 0.98 to 0.79 at step 2100. For
    the token of a single word, say `tokenizer(" interest", add_special_tokens=False)`. A word that pun-world does not have
    becomes `<unknown>`, a token that no training text holds.
    """
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from tokenizers.processors import TemplateProcessing
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(WordLevel(_numbers(), unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single=f"{START} $A", special_tokens=[(START, _numbers()[START])])
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=START, eos_token=START, pad_token=START, unk_token=UNKNOWN
    )


def training_batch(config: PunWorldConfig, step: int) -> Int[Tensor, "batch window"]:
    """The token ids that update number `step` (from 1) sees."""
    corpus, numbers = Corpus(np.random.default_rng((config.seed, step)), config.pun_rate), _numbers()
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
    with one_thread():
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
