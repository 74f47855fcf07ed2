"""Reading activations of an opened model at named places, on GPT-NeoX, OLMo and the course's toy models alike.

    with suite.open(step) as model:
        stream = read_activations(model, tokens, "resid_post")["resid_post"]     # (layer, batch, position, d_model)
        attention = patterns(model, tokens)                                      # (layer, batch, head, query, key)
        at_end = read_activations(model, tokens, ["z", "neurons"], positions=last)  # no position axis any more

Everything a place can be called, with its shape, stands at the head of `architectures`. All layers come out of one pass per
batch; without `logits` among the places, layers after the last one asked for are not computed.

Pitfalls: texts of unequal length are padded. Pad on the right and read with `positions` (a causal model does not look
there), or give `attention_mask`. Reading patterns switches a transformers model to eager attention for that pass and back,
which changes other activations by rounding only.
"""

from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.inside.architectures import PLACES, architecture
from course_utils.inside.forward_pass import (
    BATCH_SIZE,
    Plan,
    as_positions,
    batches,
    check_tokens,
    forward_pass,
    part_of,
)

__all__ = ["PLACES", "logits", "patterns", "read_activations", "residual_stream", "unembed"]


def read_activations(
    model: Any,
    tokens: Int[Tensor, "batch position"],
    places: str | Sequence[str],
    *,
    layers: Sequence[int] | None = None,
    positions: int | Sequence[int] | Tensor | None = None,
    attention_mask: Int[Tensor, "batch position"] | None = None,
    batch_size: int = BATCH_SIZE,
) -> dict[str, Float[Tensor, "layer batch ..."]]:
    """Activations by place: each (layer, batch, ...) over `layers` (all unless given), logits without the layer axis.

    `positions`, one number or one for each row, picks a position and drops its axis (of a pattern, the query's).
    Raises TypeError for what is no nnsight model or no tensor of token ids; ValueError for a model, place or shape that does
    not fit, naming those that do; IndexError for a layer that there is not.
    """
    arch = architecture(model)
    tokens = check_tokens(arch, tokens, attention_mask)
    names = [places] if isinstance(places, str) else list(places)
    chosen = range(arch.n_layers) if layers is None else [int(layer) for layer in layers]
    for name in names:
        for layer in chosen:
            arch.check(name, layer)
    record = frozenset((name, layer) for name in names if name != "logits" for layer in chosen)
    picked = as_positions(positions, len(tokens))
    parts = [
        forward_pass(
            model,
            arch,
            tokens[first:last],
            Plan(record, logits="logits" in names, positions=part_of(picked, first, last)),
            part_of(attention_mask, first, last),
        )
        for first, last in batches(len(tokens), batch_size)
    ]
    return {name: _joined(parts, name, chosen) for name in names}


def patterns(
    model: Any, tokens: Int[Tensor, "batch position"], **options: Any
) -> Float[Tensor, "layer batch head query key"]:
    """Attention probabilities of every head; options and what is raised are those of `read_activations`."""
    return read_activations(model, tokens, "pattern", **options)["pattern"]


def logits(
    model: Any, tokens: Int[Tensor, "batch position"], **options: Any
) -> Float[Tensor, "batch position vocabulary"]:
    """Logits of the next token; options and what is raised are those of `read_activations`.

    With `positions` the vocabulary is computed there only, and the result is (batch, vocabulary).
    """
    return read_activations(model, tokens, "logits", **options)["logits"]


def residual_stream(
    model: Any, tokens: Int[Tensor, "batch position"], **options: Any
) -> Float[Tensor, "layer_plus_1 batch position d_model"]:
    """The residual stream before the first layer and after each: (layers + 1, batch, position, d_model), not normalised.

    Options and what is raised are those of `read_activations`, but for `layers`. On the modular-addition model it is read
    at "=", the one position that goes on, so that its position axis has length 1.
    """
    if "layers" in options:
        raise TypeError("residual_stream reads all layers; use read_activations for some")
    read = read_activations(model, tokens, ["resid_pre", "resid_post"], **options)
    before, after = read["resid_pre"][:1], read["resid_post"]
    if before.ndim == after.ndim and before.shape[2] != after.shape[2]:
        before = before[:, :, -after.shape[2] :]
    return torch.cat([before, after])


def unembed(model: Any, residual: Float[Tensor, "... d_model"]) -> Float[Tensor, "... vocabulary"]:
    """Logits that a residual stream would give if it were the last: the final normalisation, then the unembedding.

    Raises as `architecture`, and ValueError where the last axis is not d_model.
    """
    arch = architecture(model)
    with torch.no_grad():
        try:
            return arch.logits_of(model, arch.normalise(model, residual))
        except RuntimeError as error:
            raise ValueError(f"got a residual stream of shape {tuple(residual.shape)}; {error}") from error


def _joined(parts: list[dict], name: str, layers: Sequence[int]) -> Tensor:
    if name == "logits":
        return torch.cat([part["logits"] for part in parts])
    return torch.stack([torch.cat([part[name, layer] for part in parts]) for layer in layers])
