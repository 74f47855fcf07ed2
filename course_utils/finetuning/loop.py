"""Fine-tuning a pretrained language model on texts that are rich in a concept, kept at many steps: how does the concept emerge?

    model, tokenizer = open_base("pun-world-without-puns")          # or your own transformers model and tokenizer
    run = finetune(model, tokenizer, texts, "runs/mine", FineTuningConfig(steps=300), concept=load_concept("puns"))
    suite = load_suite("runs/mine")                                 # every method of a study takes it from here

Fine-tuning is cheap, as the model knows its language already: what forms is what the texts bring. `studies.pun_finetuning` is
a worked study. Next-token prediction by AdamW with a short warm-up and then a constant learning rate: a schedule that decays
would end changes where it ends. While it trains, the concept is measured by three numbers and ordinary text by one:

    target_loss     -log p of an item's target after its prompt, summed over the target's tokens, mean over items, in nats
    completion      share of items of which every token of the target is the model's first choice
    foil_margin     log p(target) - log p(foil), mean over the items that have a foil, in nats
    general_loss    nats per token of `general_texts`: what the model pays elsewhere

Stop it when you like: the same call goes on from its directory, to the very numbers of an uninterrupted run, as the batch of
step t is drawn from (seed, t) alone. `python -m course_utils.studies.pun_finetuning DIRECTORY` does the same from a shell.

Pitfalls: step 0 is the pretrained model, so nothing is known of how it came to be; what fine-tuning adds quickly may have lain
ready. A concept whose items stand in the texts is memorised: keep them out. Fine-tuning forgets: watch `general_loss`.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from jaxtyping import Int
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from course_utils.finetuning.config import FineTuningConfig
from course_utils.finetuning.runs import FineTuningRun, RunDirectory, restore
from course_utils.texts.concepts import Concept
from course_utils.training.hashing import tensors_hash
from course_utils.training.interruption import interrupts
from course_utils.training.runs import read_description
from course_utils.training.subnormals import subnormals_as_zero
from course_utils.training.worker_threads import threads

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

_IGNORED = -100  # torch's mark for a place that no loss is taken of
_MEASURED_AT_ONCE = 64  # sequences


def finetune(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    texts: Sequence[str],
    directory: str | Path,
    config: FineTuningConfig | None = None,
    *,
    concept: Concept | None = None,
    general_texts: Sequence[str] = (),
    progress: bool = True,
) -> FineTuningRun:
    """Train a copy of a causal language model on texts, and write its checkpoints into a directory as a suite.

    Each text is a document of its own, cut into windows; join short ones, as the rest of a window is padding. Parameters with
    `requires_grad=False` stay as they are, unless none may be trained, as in a model that a suite opened. Half precision is
    trained in float32. A directory that holds a stopped run of the same settings, texts and base is gone on with, and a
    finished one is opened.

    Raises ValueError for too few texts, another study than the directory's, or a tokenizer that does not fit the model;
    FileExistsError for a directory that holds something else; FloatingPointError where the loss is no longer finite.
    """
    config = config or FineTuningConfig()
    rows = _windows(tokenizer, texts, config)
    measured = _Measures(tokenizer, concept, general_texts, config.window)
    _expect_known_tokens(model, rows)
    study = {"base": tensors_hash(model.state_dict()), "texts": _hash(list(texts)), "measured": measured.identity()}
    if frozen := _frozen(model):
        study["frozen"] = _hash(frozen)
    record, earlier = RunDirectory(directory, config, study), _earlier(directory)
    if earlier is not None:
        _expect_same_study(config, study, earlier)
        if earlier.trained_steps == config.steps:
            return earlier
    with threads(config.threads), subnormals_as_zero(), torch.random.fork_rng():
        # a copy, so that the same call, made again after a stop, starts from the same base
        _train(_to_train(model), tokenizer, rows, measured, record, earlier, progress)
    return record.run()


def _frozen(model: "PreTrainedModel") -> list[str]:
    """The parameters that are not to be trained: those without `requires_grad`, unless none has it, as in a suite's models."""
    wanted = {name: parameter.requires_grad for name, parameter in model.named_parameters()}
    return sorted(name for name, wants in wanted.items() if not wants) if any(wanted.values()) else []


def _to_train(model: "PreTrainedModel") -> "PreTrainedModel":
    """A copy with gradients for all that is not frozen, half precision made float32, in which small updates are not lost."""
    copied, frozen = deepcopy(model), set(_frozen(model))
    for name, parameter in copied.named_parameters():
        parameter.requires_grad_(name not in frozen)
    halves = {tensor.dtype for tensor in copied.parameters()} & {torch.float16, torch.bfloat16}
    return copied.float() if halves else copied


def _earlier(directory: str | Path) -> FineTuningRun | None:
    """The run that a directory holds, or None."""
    if not (Path(directory) / "run.json").is_file():
        return None
    if read_description(directory).get("kind") != FineTuningRun.kind:
        raise FileExistsError(f"{directory} holds a run of another kind; give a new directory")
    return FineTuningRun.load(directory)


def _expect_same_study(config: FineTuningConfig, study: dict[str, str], earlier: FineTuningRun) -> None:
    now, before = asdict(config) | study, asdict(earlier.config) | earlier.study
    if differing := sorted(name for name in now.keys() | before.keys() if now.get(name) != before.get(name)):
        raise ValueError(
            f"{earlier.directory} holds a run with another {', '.join(differing)}; give the same, or a new directory"
        )


def _train(
    model: "PreTrainedModel",
    tokenizer: "PreTrainedTokenizerBase",
    rows: Int[Tensor, "row window"],
    measured: "_Measures",
    record: RunDirectory,
    earlier: FineTuningRun | None,
    progress: bool,
) -> None:
    config = record.config
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(trained, lr=config.learning_rate, weight_decay=config.weight_decay)
    if earlier is None:
        with record.begun(model, tokenizer):
            _look(model, optimiser, measured, record, 0)
    else:
        record.take_over(earlier)
        restore(earlier, model, optimiser)
    done = record.progress.trained_steps
    with (
        tqdm(total=config.steps, initial=done, desc="fine-tuning", unit="step", disable=not progress) as bar,
        interrupts() as stop,
    ):
        for step in range(done + 1, config.steps + 1):
            record.progress.loss_sum += _update(model, optimiser, rows, config, step)
            record.progress.loss_count += 1
            bar.update()
            _look(model, optimiser, measured, record, step)
            if stop and step < config.steps:
                record.commit(model, optimiser, step)
                bar.write(f"Stopped at step {step} of {config.steps}, saved in {record.path}; the same call goes on.")
                break
    model.eval()


def _look(
    model: "PreTrainedModel", optimiser: torch.optim.Optimizer, measured: "_Measures", record: RunDirectory, step: int
) -> None:
    """Measure the model and keep its weights, if its step is one for that."""
    if record.config.is_measured(step):
        record.rows[step] = {"train_loss": record.progress.mean_loss(), **measured(model)}
    if step in record.config.checkpoint_steps:
        record.keep(model, step)
        record.commit(model, optimiser, step)


def _update(
    model: "PreTrainedModel",
    optimiser: torch.optim.Optimizer,
    rows: Int[Tensor, "row window"],
    config: FineTuningConfig,
    step: int,
) -> float:
    torch.manual_seed(config.seed * 1_000_003 + step)  # a model's dropout, the same however often it was stopped
    optimiser.param_groups[0]["lr"] = config.learning_rate * min(1.0, step / max(1, config.warmup_steps))
    labels = _batch(rows, config, step).to(model.device)
    model.train()
    loss = _token_losses(model, labels).mean()
    if not torch.isfinite(loss):
        raise FloatingPointError(
            f"the loss is {loss.item()} at step {step}; lower learning_rate={config.learning_rate}"
        )
    optimiser.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())


def _batch(rows: Int[Tensor, "row window"], config: FineTuningConfig, step: int) -> Int[Tensor, "batch window"]:
    """The windows that update number `step` (from 1) sees: every window once in an order of the epoch, then anew."""
    per_epoch = len(rows) // config.batch
    epoch, place = divmod(step - 1, per_epoch)
    order = np.random.default_rng((config.seed, epoch)).permutation(len(rows))
    return rows[torch.from_numpy(order[place * config.batch : (place + 1) * config.batch])]


def _windows(
    tokenizer: "PreTrainedTokenizerBase", texts: Sequence[str], config: FineTuningConfig
) -> Int[Tensor, "row window"]:
    """Token ids of each text, cut into windows, the last of each filled up with `_IGNORED`."""
    if isinstance(texts, str):
        raise ValueError("got one text; expected a list of them, each a document of its own")
    pieces = [
        ids[start : start + config.window]
        for ids in (tokenizer(text).input_ids for text in texts)
        for start in range(0, len(ids), config.window)
    ]
    pieces = [piece for piece in pieces if len(piece) > 1]  # one token predicts nothing
    if len(pieces) < config.batch:
        raise ValueError(
            f"{len(texts)} texts give {len(pieces)} windows of {config.window} tokens; expected at least batch={config.batch}. "
            "Give more texts, or a smaller batch"
        )
    return _padded(pieces)


def _padded(sequences: Sequence[Sequence[int]]) -> Int[Tensor, "row position"]:
    rows = torch.full((len(sequences), max(map(len, sequences))), _IGNORED)
    for n, sequence in enumerate(sequences):
        rows[n, : len(sequence)] = torch.tensor(sequence)
    return rows


def _expect_known_tokens(model: "PreTrainedModel", rows: Int[Tensor, "row window"]) -> None:
    known, longest = model.get_input_embeddings().num_embeddings, getattr(model.config, "max_position_embeddings", None)
    if (largest := int(rows.max())) >= known:
        raise ValueError(
            f"the tokenizer gives token {largest}, the model knows {known}; give the model's own tokenizer"
        )
    if longest is not None and rows.shape[1] > longest:
        raise ValueError(
            f"got windows of {rows.shape[1]} tokens; the model has {longest} positions. Choose a smaller window"
        )


def _token_losses(model: "PreTrainedModel", labels: Int[Tensor, "row position"]) -> Tensor:
    """-log p of every token but the first of each row, padding left out, in one vector; nats."""
    logits = model(labels.clamp(min=0)).logits[:, :-1]  # padding lies on the right, where a causal model does not look
    kept = labels[:, 1:] != _IGNORED
    return F.cross_entropy(logits[kept].float(), labels[:, 1:][kept], reduction="none")


class _Measures:
    """What is measured while it trains; see the head of this file."""

    def __init__(
        self,
        tokenizer: "PreTrainedTokenizerBase",
        concept: Concept | None,
        general_texts: Sequence[str],
        window: int,
    ) -> None:
        self.concept, self.general_texts = concept, list(general_texts)
        items = concept.items if concept is not None else ()
        self._targets = [_completed(tokenizer, item.prompt, item.target) for item in items]
        self._foils = [_completed(tokenizer, item.prompt, item.foil) if item.foil else None for item in items]
        general = [tokenizer(text).input_ids[:window] for text in self.general_texts]
        self._general = [ids for ids in general if len(ids) > 1]

    def identity(self) -> str:
        """A hash of what is measured."""
        items = [asdict(item) for item in self.concept.items] if self.concept is not None else []
        return _hash([json.dumps(items, sort_keys=True), *self.general_texts])

    def __call__(self, model: "PreTrainedModel") -> dict[str, float]:
        model.eval()
        with torch.no_grad():
            row = self._concept_row(model) if self._targets else {}
            if self._general:
                losses = [_token_losses(model, labels.to(model.device)) for labels in _portions(self._general)]
                row["general_loss"] = float(torch.cat(losses).double().mean())
        if broken := [name for name, value in row.items() if not math.isfinite(value)]:
            raise FloatingPointError(
                f"{', '.join(broken)} is not finite; the weights are damaged or the model's numbers overflow"
            )
        return row

    def _concept_row(self, model: "PreTrainedModel") -> dict[str, float]:
        scored = _completions(model, self._targets)
        row = {
            "target_loss": float(np.mean([loss for loss, _ in scored])),
            "completion": float(np.mean([right for _, right in scored])),
        }
        with_foil = [n for n, foil in enumerate(self._foils) if foil is not None]
        if with_foil:
            foils = _completions(model, [self._foils[n] for n in with_foil])
            margins = [foil[0] - scored[n][0] for n, foil in zip(with_foil, foils, strict=True)]
            row["foil_margin"] = float(np.mean(margins))
        return row


_Completed = tuple[list[int], int]  # tokens of prompt and word, and how many of them are the prompt's


def _completed(tokenizer: "PreTrainedTokenizerBase", prompt: str, word: str) -> _Completed:
    before = tokenizer(prompt).input_ids
    return [*before, *tokenizer(f" {word}", add_special_tokens=False).input_ids], len(before)


def _completions(model: "PreTrainedModel", completed: Sequence[_Completed]) -> list[tuple[float, bool]]:
    """For each prompt with its word: the word's loss in nats, and whether each of its tokens is the first choice."""
    scored = []
    lengths = iter([length for _, length in completed])
    for labels in _portions([ids for ids, _ in completed]):
        logits = model(labels.clamp(min=0).to(model.device)).logits.double().cpu()
        for row, these in zip(labels, logits, strict=True):
            word = slice(next(lengths), int((row != _IGNORED).sum()))
            before = these[word.start - 1 : word.stop - 1]
            loss = F.cross_entropy(before, row[word], reduction="sum")
            scored.append((float(loss), bool((before.argmax(dim=-1) == row[word]).all())))
    return scored


def _portions(sequences: Sequence[Sequence[int]]) -> Iterator[Int[Tensor, "row position"]]:
    for start in range(0, len(sequences), _MEASURED_AT_ONCE):
        yield _padded(sequences[start : start + _MEASURED_AT_ONCE])


def _hash(texts: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()
