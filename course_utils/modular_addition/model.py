"""The one-layer transformer that adds modulo p: readable, hookable, and the same network that the trainer trains.

Input is `[a, b, =]`, and the answer a + b mod p is read at "=". One attention layer and one ReLU MLP, no LayerNorm, no
biases in attention, learned positions, embedding and unembedding untied: small enough that the whole mechanism can be
read off the weights, which is why it is the standard case for asking how a mechanism forms (Nanda et al. 2023,
arXiv 2301.05217).

Names and shapes are those of TransformerLens (`embed.W_E`, `attn.W_Q`, `mlp.W_in`, `unembed.W_U`, `hook_resid_mid`).
Every `hook_*` is an identity module: register a torch forward hook on it to read an activation or, by returning a
tensor, to change it; nnsight reads and sets its `.output`. `run_with_cache` collects them all.

Pitfalls: the query is at "=" only, so activations have no position axis, except `hook_embed` and `hook_pattern`. The
output vocabulary is the p residues; the paper's code has one more class, for "=", which it drops wherever it measures.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

POSITIONS = 3  # a, b, =


class Embed(nn.Module):
    """Token embedding: row t of W_E (modulus + 1, d_model) for token t; the last row is "="."""

    def __init__(self, vocabulary: int, d_model: int) -> None:
        super().__init__()
        self.W_E = nn.Parameter(torch.empty(vocabulary, d_model))

    def forward(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_model"]:
        return self.W_E[tokens]


class PositionEmbed(nn.Module):
    """Learned position embedding W_pos (3, d_model), added to every sequence."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.W_pos = nn.Parameter(torch.empty(POSITIONS, d_model))

    def forward(self, embedded: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch pos d_model"]:
        return embedded + self.W_pos


class Attention(nn.Module):
    """Attention from "=" to the three positions: softmax(q k / sqrt(d_head)) v, heads summed through W_O."""

    def __init__(self, d_model: int, n_heads: int) -> None:
        super().__init__()
        d_head = d_model // n_heads
        self.W_Q = nn.Parameter(torch.empty(n_heads, d_model, d_head))
        self.W_K = nn.Parameter(torch.empty(n_heads, d_model, d_head))
        self.W_V = nn.Parameter(torch.empty(n_heads, d_model, d_head))
        self.W_O = nn.Parameter(torch.empty(n_heads, d_head, d_model))
        self.hook_attn_scores = nn.Identity()  # (batch, head, pos)
        self.hook_pattern = nn.Identity()  # (batch, head, pos)
        self.hook_z = nn.Identity()  # (batch, head, d_head)

    def forward(self, residual: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch d_model"]:
        query = torch.einsum("bd,hde->bhe", residual[:, -1], self.W_Q)
        key = torch.einsum("bpd,hde->bhpe", residual, self.W_K)
        value = torch.einsum("bpd,hde->bhpe", residual, self.W_V)
        scores = self.hook_attn_scores(torch.einsum("bhe,bhpe->bhp", query, key) / self.W_Q.shape[-1] ** 0.5)
        pattern = self.hook_pattern(scores.softmax(dim=-1))
        z = self.hook_z(torch.einsum("bhp,bhpe->bhe", pattern, value))
        return torch.einsum("bhe,hed->bd", z, self.W_O)


class MLP(nn.Module):
    """ReLU(x W_in + b_in) W_out + b_out."""

    def __init__(self, d_model: int, d_mlp: int) -> None:
        super().__init__()
        self.W_in = nn.Parameter(torch.empty(d_model, d_mlp))
        self.b_in = nn.Parameter(torch.empty(d_mlp))
        self.W_out = nn.Parameter(torch.empty(d_mlp, d_model))
        self.b_out = nn.Parameter(torch.empty(d_model))
        self.hook_pre = nn.Identity()  # (batch, d_mlp), before the ReLU
        self.hook_post = nn.Identity()  # (batch, d_mlp), the neurons' activations

    def forward(self, residual: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch d_model"]:
        pre = self.hook_pre(residual @ self.W_in + self.b_in)
        return self.hook_post(pre.relu()) @ self.W_out + self.b_out


class Unembed(nn.Module):
    """Logits of the residues: x W_U, W_U (d_model, modulus)."""

    def __init__(self, d_model: int, modulus: int) -> None:
        super().__init__()
        self.W_U = nn.Parameter(torch.empty(d_model, modulus))

    def forward(self, residual: Float[Tensor, "batch d_model"]) -> Float[Tensor, "batch modulus"]:
        return residual @ self.W_U


class ModularAdditionTransformer(nn.Module):
    """tokens (batch, 3) -> logits (batch, modulus), read at "="; uninitialised until `initialise_` or a checkpoint."""

    def __init__(self, modulus: int, d_model: int, n_heads: int, d_mlp: int) -> None:
        super().__init__()
        self.modulus = modulus
        self.embed = Embed(modulus + 1, d_model)
        self.hook_embed = nn.Identity()  # (batch, pos, d_model), token embeddings without positions
        self.pos_embed = PositionEmbed(d_model)
        self.attn = Attention(d_model, n_heads)
        self.hook_attn_out = nn.Identity()  # (batch, d_model)
        self.hook_resid_mid = nn.Identity()  # (batch, d_model)
        self.mlp = MLP(d_model, d_mlp)
        self.hook_mlp_out = nn.Identity()  # (batch, d_model)
        self.hook_resid_post = nn.Identity()  # (batch, d_model)
        self.unembed = Unembed(d_model, modulus)

    def forward(self, tokens: Int[Tensor, "batch 3"]) -> Float[Tensor, "batch modulus"]:
        """The logits of every residue at "=". Raises ValueError unless tokens are (batch, 3)."""
        if tokens.ndim != 2 or tokens.shape[1] != POSITIONS:
            raise ValueError(f"got tokens of shape {tuple(tokens.shape)}; expected (batch, 3): a, b and '='")
        residual = self.pos_embed(self.hook_embed(self.embed(tokens)))
        middle = self.hook_resid_mid(residual[:, -1] + self.hook_attn_out(self.attn(residual)))
        after = self.hook_resid_post(middle + self.hook_mlp_out(self.mlp(middle)))
        return self.unembed(after)

    def run_with_cache(
        self, tokens: Int[Tensor, "batch 3"]
    ) -> tuple[Float[Tensor, "batch modulus"], dict[str, Tensor]]:
        """The logits, and every activation by the name of its hook ("mlp.hook_post" is (batch, d_mlp))."""
        cache: dict[str, Tensor] = {}
        points = {name: module for name, module in self.named_modules() if isinstance(module, nn.Identity)}
        handles = [
            module.register_forward_hook(lambda _module, _args, output, name=name: cache.update({name: output}))
            for name, module in points.items()
        ]
        try:
            return self(tokens), cache
        finally:
            for handle in handles:
                handle.remove()

    @torch.no_grad()
    def initialise_(self, generator: torch.Generator) -> "ModularAdditionTransformer":
        """Draw the weights as the paper's code does, in place: normal with variance 1 / d_model, W_U with 1 / modulus,
        biases 0. Drawn in float64 and then rounded, so that float32 and float64 runs of a seed start at the same point.
        """
        d_model = self.embed.W_E.shape[1]
        for name, parameter in self.named_parameters():
            if name in ("mlp.b_in", "mlp.b_out"):
                parameter.zero_()
                continue
            width = self.modulus if name == "unembed.W_U" else d_model
            drawn = torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
            parameter.copy_(drawn / width**0.5)
        return self
