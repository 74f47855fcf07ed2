"""An attention-only transformer of one to three layers: the smallest network that can form an induction head.

An induction head looks back to the token that followed an earlier copy of the current token, and predicts it again. It
needs another head, in an earlier layer, that writes into each position which token stood before it, so that it takes two
layers (Elhage et al. 2021; Olsson et al. 2022, arXiv 2209.11895). Without an MLP everything that such a circuit does can be
read off attention patterns and products of weight matrices.

Names and shapes are those of TransformerLens (`blocks.0.attn.W_Q`, `blocks.1.attn.hook_pattern`, `blocks.0.hook_resid_post`).
Every `hook_*` is an identity module: nnsight reads and sets its `.output`, as does a plain torch forward hook.

Pitfalls: queries, keys and values each have an input hook of their own (`hook_q_input`, `hook_k_input`, `hook_v_input`,
all (batch, pos, head, d_model)), so that one path into one head can be changed alone. They hold the *normalised* residual
stream: to take a part out of a path, take it out of `hook_resid_pre` and call `normalise` again.
Normalisation has no learned scale, so weights need no folding before they are multiplied.
"""

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

EPSILON = 1e-5


def normalise(residual: Float[Tensor, "*any d_model"]) -> Float[Tensor, "*any d_model"]:
    """LayerNorm without learned scale and shift: (x - mean) / sqrt(variance + 1e-5) over the last axis."""
    centred = residual - residual.mean(dim=-1, keepdim=True)
    return centred / (centred.square().mean(dim=-1, keepdim=True) + EPSILON).sqrt()


class Embed(nn.Module):
    """Token embedding: row t of W_E (vocabulary, d_model) for token t."""

    def __init__(self, vocabulary: int, d_model: int) -> None:
        super().__init__()
        self.W_E = nn.Parameter(torch.empty(vocabulary, d_model))

    def forward(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_model"]:
        return self.W_E[tokens]


class PositionEmbed(nn.Module):
    """Learned position embedding W_pos (context, d_model), added to every sequence."""

    def __init__(self, context: int, d_model: int) -> None:
        super().__init__()
        self.W_pos = nn.Parameter(torch.empty(context, d_model))

    def forward(self, embedded: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return embedded + self.W_pos[: embedded.shape[1]]


class Attention(nn.Module):
    """Causal attention of several heads: softmax(q k / sqrt(d_head)) v, each head's output through its own W_O."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        d_head = d_model // n_heads
        self.W_Q = nn.Parameter(torch.empty(n_heads, d_model, d_head))
        self.W_K = nn.Parameter(torch.empty(n_heads, d_model, d_head))
        self.W_V = nn.Parameter(torch.empty(n_heads, d_model, d_head))
        self.W_O = nn.Parameter(torch.empty(n_heads, d_head, d_model))
        self.hook_q_input = nn.Identity()  # (batch, pos, head, d_model), normalised
        self.hook_k_input = nn.Identity()  # (batch, pos, head, d_model), normalised
        self.hook_v_input = nn.Identity()  # (batch, pos, head, d_model), normalised
        self.hook_q = nn.Identity()  # (batch, pos, head, d_head)
        self.hook_k = nn.Identity()  # (batch, pos, head, d_head)
        self.hook_v = nn.Identity()  # (batch, pos, head, d_head)
        self.hook_attn_scores = nn.Identity()  # (batch, head, query, key), -inf where the key comes later
        self.hook_pattern = nn.Identity()  # (batch, head, query, key)
        self.hook_z = nn.Identity()  # (batch, pos, head, d_head)
        self.hook_result = nn.Identity()  # (batch, pos, head, d_model)

    def forward(self, residual: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        per_head = normalise(residual)[:, :, None].expand(-1, -1, self.W_Q.shape[0], -1)
        query = self.hook_q(torch.einsum("bphd,hde->bphe", self.hook_q_input(per_head), self.W_Q))
        key = self.hook_k(torch.einsum("bphd,hde->bphe", self.hook_k_input(per_head), self.W_K))
        value = self.hook_v(torch.einsum("bphd,hde->bphe", self.hook_v_input(per_head), self.W_V))
        scores = torch.einsum("bqhe,bkhe->bhqk", query, key) / self.W_Q.shape[-1] ** 0.5
        later = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).triu(1)
        scores = self.hook_attn_scores(scores.masked_fill(later, float("-inf")))
        pattern = self.hook_pattern(scores.softmax(dim=-1))
        z = self.hook_z(torch.einsum("bhqk,bkhe->bqhe", pattern, value))
        return self.hook_result(torch.einsum("bphe,hed->bphd", z, self.W_O)).sum(dim=2)


class Block(nn.Module):
    """One attention layer, added to the residual stream."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        self.hook_resid_pre = nn.Identity()  # (batch, pos, d_model)
        self.attn = Attention(d_model, n_heads)
        self.hook_attn_out = nn.Identity()  # (batch, pos, d_model)
        self.hook_resid_post = nn.Identity()  # (batch, pos, d_model)

    def forward(self, residual: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        before = self.hook_resid_pre(residual)
        return self.hook_resid_post(before + self.hook_attn_out(self.attn(before)))


class Unembed(nn.Module):
    """Logits of the next token: normalised residual stream times W_U (d_model, vocabulary)."""

    def __init__(self, d_model: int, vocabulary: int) -> None:
        super().__init__()
        self.W_U = nn.Parameter(torch.empty(d_model, vocabulary))

    def forward(self, residual: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos vocabulary"]:
        return normalise(residual) @ self.W_U


class AttentionOnlyTransformer(nn.Module):
    """tokens (batch, pos) -> logits (batch, pos, vocabulary); uninitialised until `initialise_` or a checkpoint.

    Raises ValueError for a number of layers other than 1, 2 or 3, and for heads that do not divide d_model.
    """

    def __init__(
        self, vocabulary: int, context: int, d_model: int, n_heads: int, n_layers: int, positions: bool = True
    ) -> None:
        super().__init__()
        if n_layers not in (1, 2, 3) or d_model % n_heads:
            raise ValueError(
                f"got {n_layers=}, {d_model=}, {n_heads=}; expected 1 to 3 layers, heads that divide d_model"
            )
        self.context = context
        self.embed = Embed(vocabulary, d_model)
        self.hook_embed = nn.Identity()  # (batch, pos, d_model), tokens without positions
        self.pos_embed = PositionEmbed(context, d_model) if positions else nn.Identity()
        self.blocks = nn.ModuleList(Block(d_model, n_heads) for _ in range(n_layers))
        self.unembed = Unembed(d_model, vocabulary)
        self.hook_logits = nn.Identity()  # (batch, pos, vocabulary)

    def forward(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos vocabulary"]:
        """Logits of the token that follows each position. Raises ValueError for what is not (batch, pos <= context)."""
        if tokens.ndim != 2 or tokens.shape[1] > self.context:
            raise ValueError(f"got tokens of shape {tuple(tokens.shape)}; expected (batch, up to {self.context})")
        residual = self.pos_embed(self.hook_embed(self.embed(tokens)))
        for block in self.blocks:
            residual = block(residual)
        return self.hook_logits(self.unembed(residual))

    def run_with_cache(self, tokens: Int[Tensor, "batch pos"]) -> tuple[Tensor, dict[str, Tensor]]:
        """The logits, and every activation by the name of its hook (shapes stand beside the hooks)."""
        cache: dict[str, Tensor] = {}
        points = [name for name, _ in self.named_modules() if name.rpartition(".")[2].startswith("hook_")]
        logits = self.run_with_hooks(tokens, {name: partial(cache.__setitem__, name) for name in points})
        return logits, cache

    def run_with_hooks(
        self, tokens: Int[Tensor, "batch pos"], hooks: Mapping[str, Callable[[Tensor], Tensor | None]]
    ) -> Float[Tensor, "batch pos vocabulary"]:
        """The logits where each named activation is replaced by what its function makes of it, if that is not None.

        Raises AttributeError for a name that is no hook of this network.
        """
        with ExitStack() as stack:
            for name, change in hooks.items():
                point = self.get_submodule(name)
                handle = point.register_forward_hook(lambda _point, _args, output, change=change: change(output))
                stack.callback(handle.remove)
            return self(tokens)

    @torch.no_grad()
    def initialise_(self, generator: torch.Generator) -> "AttentionOnlyTransformer":
        """Draw all weights in place: embeddings with variance 1, matrices with variance 1 / (number of their inputs)."""
        for name, parameter in self.named_parameters():
            scale = 1.0 if name.startswith(("embed", "pos_embed")) else parameter.shape[-2] ** -0.5
            parameter.copy_(scale * torch.randn(parameter.shape, generator=generator))
        return self
