"""One update of several attention-only transformers as one batched computation: the same network in fewer, larger products.

The seeds share nothing but the arithmetic: each has weights, data and optimiser state of its own, stacked along a first
axis. What is done otherwise than in `model`, which is written to be read and hooked:

1. Queries, keys and values of all heads come out of one product, with their three matrices side by side.
2. Heads are summed by one product with W_O, heads and d_head as one axis.
3. Normalisation is torch's own, forward and backward in one pass each.
4. Each core takes half of the seeds and all that is theirs, so that none waits for another within a step.

Pitfall: another order of summation rounds differently, so a step agrees with the plain form to rounding, and hundreds of
steps in float32 drift from it, as they do from one machine to another.
"""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from course_utils.attention_only.model import EPSILON
from course_utils.training.worker_threads import one_thread, worker_pool

Weights = dict[
    str, Tensor
]  # by the parameter names of AttentionOnlyTransformer, in a Trainer with a first axis of seeds


def batched_logits(
    weights: Weights, tokens: Int[Tensor, "seed batch pos"]
) -> Float[Tensor, "seed batch pos vocabulary"]:
    """What each seed's network, in stacked weights, says of the tokens of that seed."""
    seeds, batch, pos = tokens.shape
    W_E = weights["embed.W_E"]
    rows = torch.arange(seeds)[:, None, None] * W_E.shape[1]
    residual = F.embedding(tokens + rows, W_E.flatten(0, 1))
    if "pos_embed.W_pos" in weights:
        residual = residual + weights["pos_embed.W_pos"][:, None, :pos]
    residual = residual.flatten(1, 2)  # (seed, batch * pos, d_model)
    mask = torch.full((pos, pos), float("-inf"), dtype=W_E.dtype).triu(1)
    for layer in range(sum(name.endswith("attn.W_O") for name in weights)):
        z = _mixed_values(weights, f"blocks.{layer}.attn", residual, mask, batch)
        residual = torch.baddbmm(residual, z, weights[f"blocks.{layer}.attn.W_O"].flatten(1, 2))
    return torch.bmm(_normalise(residual), weights["unembed.W_U"]).unflatten(1, (batch, pos))


def _mixed_values(weights: Weights, attention: str, residual: Tensor, mask: Tensor, batch: int) -> Tensor:
    """What all heads of a layer mixed from the values: (seed, batch * pos, head * d_head)."""
    matrices = torch.cat(
        [weights[f"{attention}.W_{name}"] for name in "QKV"], dim=1
    )  # (seed, 3 * head, d_model, d_head)
    seeds, heads3, _, d_head = matrices.shape
    projected = torch.bmm(_normalise(residual), matrices.transpose(1, 2).flatten(2))
    per_head = projected.view(seeds * batch, -1, 3, heads3 // 3, d_head).permute(2, 0, 3, 1, 4)
    query, key, value = per_head.unbind(0)  # each (seed * batch, head, pos, d_head)
    pattern = (query @ key.mT * d_head**-0.5 + mask).softmax(dim=-1)
    return (pattern @ value).transpose(1, 2).reshape(seeds, -1, heads3 // 3 * d_head)


def _normalise(residual: Tensor) -> Tensor:
    return F.layer_norm(residual, residual.shape[-1:], eps=EPSILON)


def next_token_losses(
    logits: Float[Tensor, "*any pos vocabulary"], tokens: Int[Tensor, "*any pos"]
) -> Float[Tensor, "*any pos-1"]:
    """-log probability of each next token, in nats."""
    losses = F.cross_entropy(logits[..., :-1, :].flatten(0, -2), tokens[..., 1:].flatten(), reduction="none")
    return losses.view(tokens[..., 1:].shape)


class Trainer:
    """AdamW on the mean next-token loss, for several seeds together; `update()` makes one step of all.

    Takes each seed's weights, and a function that draws its next batch (batch, pos).
    """

    def __init__(
        self,
        weights: Sequence[Weights],
        draw: Sequence[Callable[[], Int[Tensor, "batch pos"]]],
        *,
        learning_rate: float,
        weight_decay: float,
    ) -> None:
        self.step, self.draw = 0, draw
        workers = max(1, min(torch.get_num_threads(), len(weights)))
        self.shares = [share.tolist() for share in torch.arange(len(weights)).tensor_split(workers)]
        self._stacked = [
            {name: torch.stack([weights[seed][name] for seed in share]).requires_grad_() for name in weights[0]}
            for share in self.shares
        ]
        settings = {"lr": learning_rate, "weight_decay": weight_decay, "betas": (0.9, 0.98), "fused": True}
        self._optimisers = [torch.optim.AdamW(stacked.values(), **settings) for stacked in self._stacked]
        pool = worker_pool(workers)
        self._map = pool.map if pool else map

    def update(self) -> list[float]:
        """One step of AdamW, in place; the loss of each seed before it, in nats."""
        with one_thread():
            losses = [loss for share in self._map(self._update_share, range(len(self.shares))) for loss in share]
        self.step += 1  # last, so that an interrupt before it leaves the step and the weights in agreement
        return losses

    def _update_share(self, share: int) -> list[float]:
        tokens = torch.stack([self.draw[seed]() for seed in self.shares[share]])
        self._optimisers[share].zero_grad()
        losses = next_token_losses(batched_logits(self._stacked[share], tokens), tokens).mean(dim=(1, 2))
        losses.sum().backward()
        self._optimisers[share].step()
        return losses.tolist()

    def weights(self, seed: int) -> Weights:
        """A copy of the weights of the seed with this number in the list."""
        share, place = self._find(seed)
        return {name: stacked[place].detach().clone() for name, stacked in self._stacked[share].items()}

    @torch.no_grad()
    def logits(self, tokens: Int[Tensor, "batch pos"]) -> Float[Tensor, "seed batch pos vocabulary"]:
        """What every seed's network says of the same tokens."""
        with one_thread():
            parts = self._map(lambda stacked: batched_logits(stacked, _for_each(stacked, tokens)), self._stacked)
            return torch.cat(list(parts))

    def state(self, seed: int) -> Weights:
        """What one seed needs to go on: the step, the weights, and AdamW's two moments of each."""
        share, place = self._find(seed)
        state = {"step": torch.tensor(self.step)}
        for name, stacked in self._stacked[share].items():
            moments = self._optimisers[share].state.get(stacked, {})
            state[f"weights.{name}"] = stacked[place].detach().clone()
            for kind in ("exp_avg", "exp_avg_sq"):
                state[f"{kind}.{name}"] = (moments[kind] if moments else torch.zeros_like(stacked))[place].clone()
        return state

    @torch.no_grad()
    def restore(self, states: Sequence[Weights]) -> None:
        """Go on where `state` was taken, one state per seed."""
        self.step = int(states[0]["step"])
        for share, stacked, optimiser in zip(self.shares, self._stacked, self._optimisers, strict=True):
            for name, weight in stacked.items():
                parts = {
                    kind: torch.stack([states[seed][f"{kind}.{name}"] for seed in share])
                    for kind in ("weights", "exp_avg", "exp_avg_sq")
                }
                weight.copy_(parts.pop("weights"))
                optimiser.state[weight] = parts | {"step": torch.tensor(float(self.step))}

    def _find(self, seed: int) -> tuple[int, int]:
        share = next(number for number, seeds in enumerate(self.shares) if seed in seeds)
        return share, self.shares[share].index(seed)


def _for_each(stacked: Weights, tokens: Tensor) -> Tensor:
    return tokens.expand(len(stacked["embed.W_E"]), -1, -1)
