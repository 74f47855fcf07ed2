"""The textbook form of the modular-addition network and of its training: what the fast trainer is held against.

Nothing is saved on: every position asks, attends to itself and what is before it, passes the MLP and gets logits; the
loss is read at the last one. Parameters go by the names of `ModularAdditionTransformer`, so that weights can be exchanged.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from course_utils.modular_addition.config import ModularAdditionConfig
from course_utils.modular_addition.task import pair_sums, pair_tokens, split_pairs


def plain_logits(weights: dict[str, Tensor], tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos modulus"]:
    """Logits at every position of a one-layer causal transformer without LayerNorm."""
    W_Q, W_K, W_V, W_O = (weights[f"attn.{name}"] for name in ("W_Q", "W_K", "W_V", "W_O"))
    residual = weights["embed.W_E"][tokens] + weights["pos_embed.W_pos"]
    query = torch.einsum("bpd,hde->bhpe", residual, W_Q)
    key = torch.einsum("bpd,hde->bhpe", residual, W_K)
    value = torch.einsum("bpd,hde->bhpe", residual, W_V)
    scores = query @ key.mT / query.shape[-1] ** 0.5
    future = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(diagonal=1)
    pattern = scores.masked_fill(future, -torch.inf).softmax(dim=-1)
    residual = residual + torch.einsum("bhpe,hed->bpd", pattern @ value, W_O)
    neurons = F.relu(residual @ weights["mlp.W_in"] + weights["mlp.b_in"])
    residual = residual + neurons @ weights["mlp.W_out"] + weights["mlp.b_out"]
    return residual @ weights["unembed.W_U"]


class PlainTrainer:
    """Full-batch AdamW by the book; `update()` makes one step and returns the loss before it."""

    def __init__(self, config: ModularAdditionConfig) -> None:
        pairs, _ = split_pairs(config)
        self.tokens, self.answers = pair_tokens(pairs, config.modulus), pair_sums(pairs, config.modulus)
        initial = config.initial_model().state_dict()
        self.weights = {name: weight.clone().requires_grad_() for name, weight in initial.items()}
        self.optimiser = torch.optim.AdamW(
            self.weights.values(), lr=config.learning_rate, betas=config.betas, weight_decay=config.weight_decay
        )
        self.schedule = torch.optim.lr_scheduler.LambdaLR(
            self.optimiser, lambda step: min(1.0, (step + 1) / max(1, config.warmup_steps))
        )

    def update(self) -> float:
        loss = F.cross_entropy(plain_logits(self.weights, self.tokens)[:, -1], self.answers)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.schedule.step()
        return loss.item()
