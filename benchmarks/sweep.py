"""How much faster is a sweep with the kit than the way it is commonly written, and than TransformerLens?

    python -m benchmarks.sweep                          every 24th pun at 3 steps, beside the common form
    python -m benchmarks.sweep --every 1 --steps 14     all puns at all steps (the common form then takes most of an hour)
    python -m benchmarks.sweep --against lens --every 1 beside TransformerLens, where it is installed

Run it from the root of the repository; OMP_NUM_THREADS=1 makes timings steadier. Everybody does the same four analyses of
the suite that ships: completion of the puns (log-probability of the last word), the logit lens at all layers, a linear probe
for pun against non-pun at all layers (seen pairs to fit, held-out ones to test), and zero ablation of every head (change of
that log-probability). They must agree within 1e-4.

*Common form*: what tutorials do: for each measure (each head's ablation is one) the model is loaded anew, and then one trace is
run for each prompt. *TransformerLens*: batched, `run_with_cache` with a filter of names, `run_with_hooks` for each head, the
model handed over once for each step; it is not among the kit's dependencies. To compare with it, install
`transformer-lens==4.3.0` in an environment of its own.

Seconds are told both as processor time and as elapsed time; on a machine that others use too, trust the first.
"""

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from autograder.authoring.shipped.pun_world.measures import token_ids
from course_utils.inside.activations import read_activations, unembed
from course_utils.inside.components import all_heads
from course_utils.inside.interventions import ablate_each
from course_utils.pun_world.corpus import non_pun_items, pun_items
from course_utils.suites.base import Suite
from course_utils.suites.load import load_suite
from course_utils.sweeps.table import sweep

COMMON, LENS, TOLERANCE = 20.0, 1.5, 1e-4  # what we hold ourselves to
Row = dict[str, float]


@dataclass(frozen=True)
class Texts:
    """Prompts of puns with their last words, and puns and non-puns for the probe."""

    every: int

    @cached_property
    def puns(self) -> list:
        return list(pun_items()[:: self.every])

    @cached_property
    def prompts(self) -> Any:
        return token_ids([item.prompt for item in self.puns])

    @cached_property
    def targets(self) -> Tensor:
        return token_ids([item.word for item in self.puns]).tokens[:, 1]

    @cached_property
    def probed(self) -> list:
        return [*self.puns, *non_pun_items()[:: self.every]]

    @cached_property
    def probe_prompts(self) -> Any:
        return token_ids([item.reaction_prompt for item in self.probed])

    def probe(self, stream: Tensor) -> float:
        """Accuracy on held-out pairs of a probe fitted on the others; `stream` is (item, d_model)."""
        held_out = torch.tensor([item.held_out for item in self.probed])
        labels = torch.tensor([item.is_pun for item in self.probed])
        fitted, tested = stream[~held_out].double().numpy(), stream[held_out].double().numpy()
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return float(model.fit(fitted, labels[~held_out]).score(tested, labels[held_out]))

    def score(self, logits: Tensor) -> Tensor:
        """Log-probability of each prompt's last word, from (item, vocabulary) logits, in float64."""
        return logits.double().log_softmax(-1).gather(1, self.targets[:, None])[:, 0]


# --- the kit


def kit(suite: Suite, steps: Sequence[int], texts: Texts) -> pd.DataFrame:
    prompts, probed = texts.prompts, texts.probe_prompts

    def completion_lens_and_ablation(model: Any) -> Row:
        read = read_activations(model, prompts.tokens, ["resid_post", "logits"], positions=prompts.last)
        row = {"completion": texts.score(read["logits"]).mean()}
        row |= {f"lens.{n}": texts.score(unembed(model, stream)).mean() for n, stream in enumerate(read["resid_post"])}
        heads = all_heads(model)
        without = ablate_each(model, prompts.tokens, heads, "zero", positions=prompts.last)
        for part, logits in zip(heads, without, strict=True):
            row[f"ablation.{part.layer}.{part.index[0]}"] = texts.score(logits).mean() - row["completion"]
        return row

    def probe(model: Any) -> list[float]:
        read = read_activations(model, probed.tokens, "resid_post", positions=probed.last)["resid_post"]
        return [texts.probe(stream) for stream in read]

    functions = {"read": completion_lens_and_ablation, "probe": probe}
    table = sweep(suite, functions, steps, progress=False)
    if table.attrs["errors"]:
        raise RuntimeError(f"the sweep failed: {table.attrs['errors']}")
    return table.rename(columns=lambda name: name.removeprefix("read."))


# --- the common form


def common(suite: Suite, steps: Sequence[int], texts: Texts) -> pd.DataFrame:
    return pd.DataFrame.from_dict({step: _common_row(suite, step, texts) for step in steps}, orient="index")


def _common_row(suite: Suite, step: int, texts: Texts) -> Row:
    config = suite.run.config
    row = {"completion": float(texts.score(_one_by_one(suite, step, texts.prompts, _last_logits)).mean())}
    lens = _one_by_one(suite, step, texts.prompts, _lens)
    row |= {f"lens.{layer}": float(texts.score(lens[:, layer]).mean()) for layer in range(config.n_layers)}
    streams = _one_by_one(suite, step, texts.probe_prompts, _streams)
    row |= {f"probe.{layer}": texts.probe(streams[:, layer]) for layer in range(config.n_layers)}
    for layer in range(config.n_layers):
        for head in range(config.n_heads):
            part = slice(head * config.d_model // config.n_heads, (head + 1) * config.d_model // config.n_heads)
            without = _one_by_one(suite, step, texts.prompts, _without_head(layer, part))
            row[f"ablation.{layer}.{head}"] = float(texts.score(without).mean()) - row["completion"]
    return row


def _one_by_one(suite: Suite, step: int, prompts: Any, trace: Callable[[Any, Tensor], Tensor]) -> Tensor:
    """A model loaded for this measure, and a trace for each prompt."""
    with suite.open(step) as model, torch.no_grad():
        lengths = prompts.last + 1
        return torch.stack([trace(model, row[None, :n]) for row, n in zip(prompts.tokens, lengths, strict=True)])


def _last_logits(model: Any, tokens: Tensor) -> Tensor:
    with model.trace(tokens):
        logits = model.lm_head.output[0, -1].save()
    return logits


def _lens(model: Any, tokens: Tensor) -> Tensor:
    with model.trace(tokens):
        streams = [layer.output[0, -1] for layer in model.gpt_neox.layers]
        logits = model.lm_head(model.gpt_neox.final_layer_norm(torch.stack(streams))).save()
    return logits


def _streams(model: Any, tokens: Tensor) -> Tensor:
    with model.trace(tokens):
        streams = torch.stack([layer.output[0, -1] for layer in model.gpt_neox.layers]).save()
    return streams


def _without_head(layer: int, part: slice) -> Callable[[Any, Tensor], Tensor]:
    def trace(model: Any, tokens: Tensor) -> Tensor:
        with model.trace(tokens):
            model.gpt_neox.layers[layer].attention.dense.input[:, :, part] = 0
            logits = model.lm_head.output[0, -1].save()
        return logits

    return trace


# --- TransformerLens


def lens(suite: Suite, steps: Sequence[int], texts: Texts) -> pd.DataFrame:
    return pd.DataFrame.from_dict({step: _lens_row(suite, step, texts) for step in steps}, orient="index")


def _lens_row(suite: Suite, step: int, texts: Texts) -> Row:
    with torch.no_grad(), _lens_model(suite, step) as bridge:
        layers, heads = bridge.cfg.n_layers, bridge.cfg.n_heads
        logits, streams = _cached(bridge, texts.prompts)
        row = {"completion": float(texts.score(logits).mean())}
        for layer, stream in enumerate(streams):
            row[f"lens.{layer}"] = float(texts.score(bridge.unembed(bridge.ln_final(stream))).mean())
        for layer, stream in enumerate(_cached(bridge, texts.probe_prompts)[1]):
            row[f"probe.{layer}"] = texts.probe(stream)
        for layer in range(layers):
            for head in range(heads):
                without = _without_head_in_lens(bridge, texts.prompts, layer, head)
                row[f"ablation.{layer}.{head}"] = float(texts.score(without).mean()) - row["completion"]
    return row


def _batches(prompts: Any) -> Iterator[tuple[Tensor, Tensor]]:
    """The batches that the kit uses, for fairness."""
    return zip(prompts.tokens.split(512), prompts.last.split(512), strict=True)


def _cached(bridge: Any, prompts: Any) -> tuple[Tensor, list[Tensor]]:
    names = [f"blocks.{layer}.hook_resid_post" for layer in range(bridge.cfg.n_layers)]
    logits, streams = [], []
    for tokens, last in _batches(prompts):
        rows = torch.arange(len(tokens))
        out, cache = bridge.run_with_cache(tokens, names_filter=lambda name: name in names)
        logits.append(out[rows, last])
        streams.append(torch.stack([cache[name][rows, last] for name in names]))
    return torch.cat(logits), list(torch.cat(streams, dim=1))


def _without_head_in_lens(bridge: Any, prompts: Any, layer: int, head: int) -> Tensor:
    def zero(z: Tensor, hook: Any) -> Tensor:
        z[:, :, head] = 0
        return z

    hooks, logits = [(f"blocks.{layer}.attn.hook_z", zero)], []
    for tokens, last in _batches(prompts):
        out = bridge.run_with_hooks(tokens, fwd_hooks=hooks, return_type="logits")
        logits.append(out[torch.arange(len(tokens)), last])
    return torch.cat(logits)


@contextmanager
def _lens_model(suite: Suite, step: int) -> Iterator[Any]:
    from transformer_lens import TransformerBridge
    from transformers import PreTrainedTokenizerFast

    with tempfile.TemporaryDirectory() as folder:  # it wants a tokenizer that was saved
        suite.tokenizer.save_pretrained(folder)
        tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
        model = suite.run.checkpoint(step)
        model.config.save_pretrained(folder)
        yield TransformerBridge.boot_transformers(folder, hf_model=model, tokenizer=tokenizer)


# --- side by side


@dataclass(frozen=True)
class Time:
    cpu: float
    wall: float


def timed(form: Callable, *args: Any) -> tuple[pd.DataFrame, Time]:
    cpu, wall = time.process_time(), time.perf_counter()
    table = form(*args)
    return table, Time(time.process_time() - cpu, time.perf_counter() - wall)


def largest_difference(table: pd.DataFrame, reference: pd.DataFrame) -> float:
    """The largest difference of any number; raises RuntimeError where a number has no counterpart or is none."""
    difference = (table - reference).abs()
    if missing := [column for column in difference if difference[column].isna().any()]:
        raise RuntimeError(f"cannot compare {', '.join(missing[:5])}: not on both sides, or not a number")
    return float(difference.to_numpy().max())


def compare(
    suite: Suite, steps: Sequence[int], texts: Texts, other: Callable, rounds: int
) -> tuple[float, float, float]:
    """Ratios of processor time and of elapsed time (medians of rounds), and the largest difference of any number."""
    ours, theirs, gap = [], [], 0.0
    for _ in range(rounds):
        table, seconds = timed(kit, suite, steps, texts)
        ours.append(seconds)
        reference, seconds = timed(other, suite, steps, texts)
        theirs.append(seconds)
        gap = max(gap, largest_difference(table, reference))
    for name, times in (("kit", ours), (other.__name__, theirs)):
        cpu, wall = (statistics.median(getattr(one, kind) for one in times) for kind in ("cpu", "wall"))
        print(f"{name:8} {cpu:9.2f} s of processor time {wall:9.2f} s elapsed")
    cpu, wall = (
        statistics.median(getattr(b, kind) / getattr(a, kind) for a, b in zip(ours, theirs, strict=True))
        for kind in ("cpu", "wall")
    )
    return cpu, wall, gap


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", choices=["common", "lens"], default="common")
    parser.add_argument("--every", type=int, default=24, help="every n-th pun")
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1)
    args = parser.parse_args()
    suite, texts = load_suite("pun-world"), Texts(args.every)
    steps = suite.select(args.steps)
    kit(suite, steps[:1], Texts(72))  # imports and first calls
    other, wanted = (common, COMMON) if args.against == "common" else (lens, LENS)
    print(f"{len(texts.puns)} prompts, {len(texts.probed)} texts for the probe, steps {steps}")
    cpu, wall, gap = compare(suite, steps, texts, other, args.rounds)
    print(f"ratio {cpu:.1f} in processor time, {wall:.1f} elapsed (wanted {wanted:g}); largest difference {gap:.1e}")
    if gap > TOLERANCE:
        raise SystemExit(f"the numbers differ by more than {TOLERANCE:g}")


if __name__ == "__main__":
    main()
