"""The update of the modular-addition network, written for speed: the same mathematics, fewer and larger products.

First version: autograd over the short form.
"""

import torch
from jaxtyping import Float, Int
from torch import Tensor

Weights = dict[str, Tensor]  # by the model's parameter names, each with a leading axis of seeds


def table_logits(weights: Weights, pairs: Int[Tensor, "seed batch 2"]) -> Float[Tensor, "seed batch modulus"]:
    """Logits at "=" of a batch of pairs per seed.

    A key or a value depends on a token and its position alone, and only "=" asks: so scores and values are computed
    once for the p tokens at the first two positions and for "=", instead of for every pair.
    """
    W_E, W_pos = weights["embed.W_E"], weights["pos_embed.W_pos"]
    W_Q, W_K, W_V, W_O = (weights[f"attn.{name}"] for name in ("W_Q", "W_K", "W_V", "W_O"))
    seeds, vocabulary, _ = W_E.shape
    p, d_head = vocabulary - 1, W_Q.shape[3]
    first, second = W_E[:, :p] + W_pos[:, 0:1], W_E[:, :p] + W_pos[:, 1:2]
    equals = W_E[:, p:] + W_pos[:, 2:3]
    rows = torch.cat([first, second, equals], dim=1)  # (seed, 2p + 1, d_model)
    query = torch.einsum("sd,shde->she", equals[:, 0], W_Q) / d_head**0.5
    score_table = torch.einsum("srd,shde,she->srh", rows, W_K, query)
    value_table = torch.einsum("srd,shde->srhe", rows, W_V)
    index = torch.stack([pairs[..., 0], pairs[..., 1] + p, torch.full_like(pairs[..., 0], 2 * p)], dim=-1)
    seed_index = torch.arange(seeds)[:, None, None]
    pattern = score_table[seed_index, index].softmax(dim=2)  # (seed, batch, pos, head)
    z = (pattern[..., None] * value_table[seed_index, index]).sum(dim=2)  # (seed, batch, head, d_head)
    middle = equals + z.flatten(2) @ W_O.flatten(1, 2)
    post = (middle @ weights["mlp.W_in"] + weights["mlp.b_in"][:, None]).relu()
    after = middle + post @ weights["mlp.W_out"] + weights["mlp.b_out"][:, None]
    return after @ weights["unembed.W_U"]


class Trainer:
    """AdamW on the mean cross-entropy of a full batch, for several seeds at once."""

    def __init__(self, weights: Weights, pairs: Int[Tensor, "seed batch 2"], config) -> None:
        self.weights = {name: tensor.clone().requires_grad_() for name, tensor in weights.items()}
        self.pairs, self.config = pairs, config
        self.answers = pairs.sum(-1) % config.modulus
        self.step = 0
        self.optimiser = torch.optim.AdamW(
            self.weights.values(),
            lr=config.learning_rate,
            betas=config.betas,
            weight_decay=config.weight_decay,
            fused=True,
        )

    def update(self) -> None:
        """One step, in place."""
        self.step += 1
        rate = self.config.learning_rate * min(1.0, self.step / max(1, self.config.warmup_steps))
        self.optimiser.param_groups[0]["lr"] = rate
        logits = table_logits(self.weights, self.pairs)
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), self.answers.flatten(), reduction="sum")
        self.optimiser.zero_grad()
        (loss / self.pairs.shape[1]).backward()
        self.optimiser.step()

    def state(self, seed: int) -> dict[str, Tensor]:
        """What is needed to go on, of one seed."""
        state = {"step": torch.tensor(self.step)}
        for name, weight in self.weights.items():
            moments = self.optimiser.state.get(weight, {})
            state[f"weights.{name}"] = weight.detach()[seed].clone()
            for kind in ("exp_avg", "exp_avg_sq"):
                state[f"{kind}.{name}"] = moments[kind][seed].clone() if moments else torch.zeros_like(weight[seed])
        return state

    def restore(self, states: list[dict[str, Tensor]]) -> None:
        """Go on where `state` was taken."""
        self.step = int(states[0]["step"])
        for name, weight in self.weights.items():
            with torch.no_grad():
                weight.copy_(torch.stack([state[f"weights.{name}"] for state in states]))
            self.optimiser.state[weight] = {
                kind: torch.stack([state[f"{kind}.{name}"] for state in states]) for kind in ("exp_avg", "exp_avg_sq")
            } | {"step": torch.tensor(float(self.step))}
