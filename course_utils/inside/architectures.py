"""Where the named places of a transformer are, in each architecture that the course uses.

The same question ("what does head 3 of layer 1 write?") is asked of GPT-NeoX (Pythia, pun-world), of OLMo and of the course's
toy models, whose modules all have other names. This file is the one place that knows them:

    resid_pre, resid_post   (batch, position, d_model)        the residual stream before and after a layer
    q, k, v                 (batch, position, head, d_head)   queries, keys (both before rotation) and values
    pattern                 (batch, head, query, key)         attention probabilities
    z                       (batch, position, head, d_head)   what each head mixed from the values
    head_out                (batch, position, head, d_model)  z through the head's own slice of the output matrix
    attn_out, mlp_out       (batch, position, d_model)        what a layer's attention and MLP add to the residual stream
    neurons                 (batch, position, d_mlp)          the MLP's hidden layer after its nonlinearity
    logits                  (batch, position, vocabulary)

The functions here are used inside an nnsight trace, where modules must be visited in the order in which they run:
`places` of an architecture is in that order.

Pitfalls: the modular-addition model computes at "=" only, so its position axis has length 1 wherever a query is meant, and
3 in `resid_pre` and among the keys. `head_out` leaves out the output bias, which belongs to no head; OLMo-2 and 3
normalise the sum of the heads once more, so there head_out does not add up to attn_out. OLMo's neurons are gated:
act(gate) times up. Where heads share keys and values, k and v have fewer heads than q.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor

LAYER_PLACES = (
    "resid_pre",
    "q",
    "k",
    "v",
    "z",
    "head_out",
    "attn_out",
    "pattern",
    "neurons",
    "mlp_out",
    "resid_post",
)
PLACES = (*LAYER_PLACES, "logits")
HEAD_AXIS = {"q": 2, "k": 2, "v": 2, "z": 2, "head_out": 2, "pattern": 1}
POSITION_AXIS = {place: 2 if place == "pattern" else 1 for place in PLACES}  # of a pattern, the query


class Architecture(ABC):
    """How one family of models is read and changed; `architecture(model)` finds the right one."""

    places: tuple[str, ...]  # in the order in which a layer computes them; logits come after the last layer
    read_only: tuple[str, ...] = ("head_out",)
    has_attention_mask = False
    # Whether what attention writes goes into the residual stream as it is, and nothing else in its layer sees it.
    adds_attention_last = False
    n_layers: int
    n_heads: int

    @abstractmethod
    def layers(self, model: Any) -> Any:
        """The layers, each of which can be skipped."""

    @abstractmethod
    def read(self, model: Any, place: str, layer: int) -> Tensor:
        """The value of a layer's place, in the shape that this file's head tells."""

    @abstractmethod
    def write(self, model: Any, place: str, layer: int, value: Tensor) -> None:
        """Set a layer's place, from a tensor of that shape."""

    @abstractmethod
    def final_residual(self, model: Any) -> Tensor:
        """The residual stream after the last layer and the final normalisation, if there is one."""

    @abstractmethod
    def logits_of(self, model: Any, normalised: Tensor) -> Tensor:
        """Logits from what `final_residual` gives."""

    @abstractmethod
    def normalise(self, model: Any, residual: Tensor) -> Tensor:
        """The final normalisation, of any tensor whose last axis is d_model."""

    def written_by_heads(self, model: Any, layer: int, z: Tensor) -> Tensor:
        """What heads write for a z (batch, position, head, d_head), summed over heads, without the output bias."""
        raise NotImplementedError

    def check(self, place: str, layer: int | None = None, writing: bool = False) -> None:
        """Raise ValueError for a place that there is not (or that cannot be set), IndexError for such a layer."""
        there = (*self.places, "logits")
        if place not in there:
            raise ValueError(f"got the place {place!r}; {type(self).__name__} has {', '.join(there)}")
        if writing and place in (*self.read_only, "logits"):
            settable = [name for name in self.places if name not in self.read_only]
            advice = "; set z, of which it is a linear function" if place == "head_out" else ""
            raise ValueError(f"{place} cannot be set here, only read{advice}. What can be set: {', '.join(settable)}")
        if layer is not None and not 0 <= layer < self.n_layers:
            raise IndexError(f"got layer {layer}; expected 0 to {self.n_layers - 1}")


@dataclass(frozen=True)
class _Names:
    """Where a transformers model keeps its parts; `fused` is one matrix for queries, keys and values."""

    layers: str
    final_norm: str
    attention: str
    merge: str  # its input is z, heads side by side
    attn_out: str
    down: str  # its input is the neurons
    mlp_out: str
    fused: str | None = None
    q: str = ""
    k: str = ""
    v: str = ""


_POST_NORM = _Names(
    layers="model.layers",
    final_norm="model.norm",
    attention="self_attn",
    merge="self_attn.o_proj",
    attn_out="post_attention_layernorm",
    down="mlp.down_proj",
    mlp_out="post_feedforward_layernorm",
    q="self_attn.q_norm",
    k="self_attn.k_norm",
    v="self_attn.v_proj",
)
_TRANSFORMERS = {
    "gpt_neox": _Names(
        layers="gpt_neox.layers",
        final_norm="gpt_neox.final_layer_norm",
        attention="attention",
        merge="attention.dense",
        attn_out="post_attention_dropout",
        down="mlp.dense_4h_to_h",
        mlp_out="post_mlp_dropout",
        fused="attention.query_key_value",
    ),
    "olmo2": _POST_NORM,
    "olmo3": _POST_NORM,
    "olmo": _Names(
        layers="model.layers",
        final_norm="model.norm",
        attention="self_attn",
        merge="self_attn.o_proj",
        attn_out="self_attn.o_proj",
        down="mlp.down_proj",
        mlp_out="mlp.down_proj",
        q="self_attn.q_proj",
        k="self_attn.k_proj",
        v="self_attn.v_proj",
    ),
}


class TransformersArchitecture(Architecture):
    """GPT-NeoX, OLMo, OLMo-2 and OLMo-3 as transformers writes them."""

    has_attention_mask = True

    def __init__(self, config: Any) -> None:
        self.names = _TRANSFORMERS[config.model_type]
        self.n_layers = config.num_hidden_layers
        self.n_heads = config.num_attention_heads
        self.n_value_heads = getattr(config, "num_key_value_heads", None) or self.n_heads
        self.adds_attention_last = bool(getattr(config, "use_parallel_residual", False))
        # transformers hands the pattern out with the attention's result, before or after what attn_out is read from
        late = ("pattern", "attn_out") if self.names.attn_out != self.names.merge else ("attn_out", "pattern")
        self.places = ("resid_pre", "q", "k", "v", "z", "head_out", *late, "neurons", "mlp_out", "resid_post")

    def layers(self, model: Any) -> Any:
        return _part(model, self.names.layers)

    def read(self, model: Any, place: str, layer: int) -> Tensor:
        block = self.layers(model)[layer]
        if place in ("resid_pre", "resid_post"):
            return block.input if place == "resid_pre" else block.output
        if place == "pattern":
            return _pattern(_part(block, self.names.attention).output[1])
        if place in ("q", "k", "v"):
            return self._read_projection(block, place)
        if place in ("z", "head_out"):
            merge = _part(block, self.names.merge)
            z = _heads(merge.input, self.n_heads)
            return z if place == "z" else torch.einsum("bphe,dhe->bphd", z, _heads(merge.weight, self.n_heads))
        if place == "neurons":
            return _part(block, self.names.down).input
        return _part(block, getattr(self.names, place)).output

    def write(self, model: Any, place: str, layer: int, value: Tensor) -> None:
        block = self.layers(model)[layer]
        if place == "resid_pre":
            block.input = value
        elif place == "resid_post":
            block.output = value
        elif place in ("q", "k", "v"):
            self._write_projection(block, place, value)
        elif place == "z":
            _part(block, self.names.merge).input = value.flatten(2)
        elif place == "neurons":
            _part(block, self.names.down).input = value
        else:
            _part(block, getattr(self.names, place)).output = value

    def mix(self, pattern: Tensor, values: Tensor) -> Tensor:
        """The z that a pattern makes of values: sum over keys of pattern times v."""
        shared = values.repeat_interleave(self.n_heads // values.shape[2], dim=2)
        return torch.einsum("bhqk,bkhe->bqhe", pattern.to(values.dtype), shared)

    def written_by_heads(self, model: Any, layer: int, z: Tensor) -> Tensor:
        return z.flatten(2) @ _part(self.layers(model._module)[layer], self.names.merge).weight.T

    def final_residual(self, model: Any) -> Tensor:
        return _part(model, self.names.final_norm).output

    def logits_of(self, model: Any, normalised: Tensor) -> Tensor:
        return model.lm_head(normalised)

    def normalise(self, model: Any, residual: Tensor) -> Tensor:
        return _part(model, self.names.final_norm)(residual)

    def _read_projection(self, block: Any, place: str) -> Tensor:
        if self.names.fused is None:
            heads = self.n_heads if place == "q" else self.n_value_heads
            return _heads(_part(block, getattr(self.names, place)).output, heads)
        fused = _heads(_part(block, self.names.fused).output, self.n_heads)
        return fused.chunk(3, dim=-1)["qkv".index(place)]

    def _write_projection(self, block: Any, place: str, value: Tensor) -> None:
        if self.names.fused is None:
            _part(block, getattr(self.names, place)).output = value.flatten(2)
            return
        module = _part(block, self.names.fused)
        parts = list(_heads(module.output, self.n_heads).chunk(3, dim=-1))
        parts["qkv".index(place)] = value
        module.output = torch.cat(parts, dim=-1).flatten(2)


class AttentionOnlyArchitecture(Architecture):
    """The course's attention-only transformer (`course_utils.attention_only.model`)."""

    places = ("resid_pre", "q", "k", "v", "pattern", "z", "head_out", "attn_out", "resid_post")
    adds_attention_last = True
    read_only = ()
    _HOOKS = {
        "resid_pre": "hook_resid_pre",
        "q": "attn.hook_q",
        "k": "attn.hook_k",
        "v": "attn.hook_v",
        "pattern": "attn.hook_pattern",
        "z": "attn.hook_z",
        "head_out": "attn.hook_result",
        "attn_out": "hook_attn_out",
        "resid_post": "hook_resid_post",
    }

    def __init__(self, module: Any) -> None:
        self.n_layers = len(module.blocks)
        self.n_heads = module.blocks[0].attn.W_Q.shape[0]

    def layers(self, model: Any) -> Any:
        return model.blocks

    def read(self, model: Any, place: str, layer: int) -> Tensor:
        return _part(model.blocks[layer], self._HOOKS[place]).output

    def write(self, model: Any, place: str, layer: int, value: Tensor) -> None:
        _part(model.blocks[layer], self._HOOKS[place]).output = value

    def written_by_heads(self, model: Any, layer: int, z: Tensor) -> Tensor:
        return torch.einsum("bphe,hed->bpd", z, model._module.blocks[layer].attn.W_O)

    def final_residual(self, model: Any) -> Tensor:
        return self.normalise(model, model.unembed.input)

    def logits_of(self, model: Any, normalised: Tensor) -> Tensor:
        return normalised @ model.unembed.W_U

    def normalise(self, model: Any, residual: Tensor) -> Tensor:
        from course_utils.attention_only.model import normalise

        return normalise(residual)


class ModularAdditionArchitecture(Architecture):
    """The course's one-layer modular-addition transformer; its position axis has length 1 where "=" alone is computed."""

    n_layers = 1
    places = ("resid_pre", "pattern", "z", "head_out", "attn_out", "neurons", "mlp_out", "resid_post")
    _HOOKS = {
        "attn_out": "hook_attn_out",
        "neurons": "mlp.hook_post",
        "mlp_out": "hook_mlp_out",
        "resid_post": "hook_resid_post",
        "z": "attn.hook_z",
    }

    def __init__(self, module: Any) -> None:
        self.n_heads = module.attn.W_Q.shape[0]

    def layers(self, model: Any) -> Any:
        raise ValueError("the modular-addition model has one layer; none of it can be skipped")

    def read(self, model: Any, place: str, layer: int) -> Tensor:
        if place == "resid_pre":
            return model.pos_embed.output
        if place == "pattern":
            return model.attn.hook_pattern.output[:, :, None]
        if place == "head_out":
            return torch.einsum("bhe,hed->bhd", model.attn.hook_z.output, model.attn.W_O)[:, None]
        return _part(model, self._HOOKS[place]).output[:, None]

    def write(self, model: Any, place: str, layer: int, value: Tensor) -> None:
        if place == "resid_pre":
            model.pos_embed.output = value
        elif place == "pattern":
            model.attn.hook_pattern.output = value[:, :, 0]
        else:
            _part(model, self._HOOKS[place]).output = value[:, 0]

    def final_residual(self, model: Any) -> Tensor:
        return model.unembed.input[:, None]

    def logits_of(self, model: Any, normalised: Tensor) -> Tensor:
        return normalised @ model.unembed.W_U

    def normalise(self, model: Any, residual: Tensor) -> Tensor:
        return residual


_TOYS = {
    "AttentionOnlyTransformer": AttentionOnlyArchitecture,
    "ModularAdditionTransformer": ModularAdditionArchitecture,
}


def architecture(model: Any) -> Architecture:
    """The architecture of an nnsight model, as `suite.open(step)` gives it.

    Raises TypeError for what is no nnsight model, ValueError for a model that this file does not know.
    """
    module = getattr(model, "_module", None)
    if module is None:
        raise TypeError(
            f"got a {type(model).__name__}; expected an nnsight model, as `with suite.open(step) as model` gives, "
            "or nnsight.NNsight(module)"
        )
    kind, config = type(module).__name__, getattr(module, "config", None)
    if kind in _TOYS:
        return _TOYS[kind](module)
    if getattr(config, "model_type", None) in _TRANSFORMERS and hasattr(module, "lm_head"):
        return TransformersArchitecture(config)
    known = ", ".join([*_TRANSFORMERS, *_TOYS])
    raise ValueError(f"the places of a {kind} are not known; known are {known} (causal language models)")


@contextmanager
def eager_attention(model: Any) -> Iterator[None]:
    """Let a transformers model compute attention patterns as tensors that can be read, and put it back afterwards.

    The fast kernels (SDPA, flash attention) never make the pattern, so that it could only be read as None.
    """
    module = model._module
    before = getattr(getattr(module, "config", None), "_attn_implementation", "eager")
    if before == "eager":
        yield
        return
    module.set_attn_implementation("eager")
    try:
        yield
    finally:
        module.set_attn_implementation(before)


def _part(module: Any, path: str) -> Any:
    return reduce(getattr, path.split("."), module)


def _heads(merged: Tensor, heads: int) -> Tensor:
    """The last axis parted into (head, d_head)."""
    return merged.unflatten(-1, (heads, -1))


def _pattern(pattern: Tensor | None) -> Tensor:
    if pattern is None:
        raise RuntimeError(
            "this model computes attention without making the pattern; expected attention implementation 'eager'. "
            "Open it where it can be set: model._module.set_attn_implementation('eager')"
        )
    return pattern
