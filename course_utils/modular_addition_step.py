"""One update of the modular-addition network, fast: the mathematics of the textbook form in fewer and larger products.

Training is a thousand full-batch steps, so the step decides whether grokking can be watched live on a laptop. What is
done otherwise than in `modular_addition_model`, each point measured in `benchmarks/grokking.py`:

1. Only "=" asks. The answer is read at "=", so no other position needs a query, an MLP or logits.
2. Tables, not sequences. A score or a value depends on a token and its position alone: 2p + 1 rows serve all pairs. And
   a softmax over three table entries is a ratio of sums: z(a, b) = (N0[a] + N1[b]) / (D0[a] + D1[b]) for each head,
   with N = exp(score) * value, D = exp(score), and "=", which is the same for every pair, added into N1 and D1.
3. Maps with no nonlinearity between them are composed before they meet the batch: z enters the MLP through W_O W_in,
   and logits come from z and neurons side by side through (W_O W_U; W_out W_U). Two products are as long as the batch,
   and four in the derivative, where the textbook form has four and eight.
4. The batch is gone through in pieces that stay in the processor's cache, in memory that is allocated once.
5. AdamW is torch's fused one, in one call for all seeds.

The derivative of the part as long as the batch is written out in `BatchPart`, some ten lines; autograd carries it from
the tables and composed maps back to the weights.

Pitfall: another order of summation rounds differently, so in float32 a step agrees with the textbook form to rounding,
and hundreds of steps drift from it (see `modular_addition`). In float64 both give the same losses: a test holds them
side by side.
"""

from collections.abc import Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

Weights = dict[str, Tensor]  # by the parameter names of ModularAdditionTransformer

PIECE = 1024  # rows of the batch at once: pieces of 600 to 1300 rows are the fastest on a core with 1 MB of cache

# gradient * (output > 0) in one pass and in place: what autograd itself calls for a ReLU.
_relu_gradient = torch.ops.aten.threshold_backward.grad_input


class Maps(NamedTuple):
    """What the batch meets: tables of the two operands, and the composed maps. width = n_heads * d_head."""

    first: Float[Tensor, "modulus width+heads"]  # N0 and D0 side by side
    second: Float[Tensor, "modulus width+heads"]  # N1 and D1, with those of "=" added
    into_mlp: Float[Tensor, "width d_mlp"]
    into_mlp_bias: Float[Tensor, "d_mlp"]
    to_logits: Float[Tensor, "width+d_mlp modulus"]
    to_logits_bias: Float[Tensor, "modulus"]


def compose(weights: Weights) -> Maps:
    """The tables and composed maps of the weights: differentiable, and free of the batch."""
    first, second, equals = _operand_tables(weights)
    W_O, W_in, W_U = weights["attn.W_O"].flatten(0, 1), weights["mlp.W_in"], weights["unembed.W_U"]
    return Maps(
        first,
        second,
        into_mlp=W_O @ W_in,
        into_mlp_bias=equals @ W_in + weights["mlp.b_in"],
        to_logits=torch.cat([W_O, weights["mlp.W_out"]]) @ W_U,
        to_logits_bias=(equals + weights["mlp.b_out"]) @ W_U,
    )


def _operand_tables(weights: Weights) -> tuple[Tensor, Tensor, Tensor]:
    """The tables of a at position 0 and of b at position 1, and the residual stream of "=" before attention."""
    W_E, W_pos = weights["embed.W_E"], weights["pos_embed.W_pos"]
    W_Q, W_K, W_V = weights["attn.W_Q"], weights["attn.W_K"], weights["attn.W_V"]
    modulus, (heads, _, d_head) = len(W_E) - 1, W_Q.shape
    equals = W_E[modulus] + W_pos[2]
    rows = torch.cat([W_E[:modulus] + W_pos[0], W_E[:modulus] + W_pos[1], equals[None]])
    query = (equals @ W_Q) / d_head**0.5  # (head, d_head)
    scores = rows @ (W_K @ query[..., None])[..., 0].T  # (row, head)
    values = rows @ W_V.transpose(0, 1).flatten(1)  # (row, width)
    # A softmax does not change when all scores shift. The middle of them leaves exp the same room on both sides.
    middle = (scores.amax(dim=0) + scores.amin(dim=0)).detach() / 2
    exponentials = (scores - middle).exp()
    weighted = values.unflatten(1, (heads, d_head)) * exponentials[..., None]
    table = torch.cat([weighted.flatten(1), exponentials], dim=1)
    return table[:modulus], table[modulus:-1] + table[-1], equals


class BatchPart:
    """Logits of pairs, and the derivative of their mean cross-entropy: all that is as long as the batch."""

    def __init__(self, longest: int, like: Maps) -> None:
        pieces = -(-longest // PIECE)
        self.rows = -(-longest // pieces)  # per piece, so that no piece is much shorter than the others
        self.width, self.d_mlp = like.into_mlp.shape
        self.heads = like.first.shape[1] - self.width
        self._memory = {
            "sums": self._empty(like, self.width + self.heads),  # numerators N and denominators D
            "sums_gradient": self._empty(like, self.width + self.heads),
            "inverse": self._empty(like, self.heads),  # 1 / D
            "products": self._empty(like, self.width),
            "hidden": self._empty(like, self.width + self.d_mlp),  # z and neurons side by side
            "hidden_gradient": self._empty(like, self.width + self.d_mlp),
            "logits": self._empty(like, like.to_logits.shape[1]),
        }

    def _empty(self, like: Maps, columns: int) -> Tensor:
        return torch.empty(self.rows, columns, dtype=like.first.dtype)

    def _by_head(self, array: Tensor) -> Float[Tensor, "batch head d_head"]:
        return array[:, : self.width].unflatten(1, (self.heads, -1))

    def pieces(self, count: int) -> Iterator[slice]:
        """The slices of a batch of `count` rows that are gone through one after the other."""
        return (slice(start, min(start + self.rows, count)) for start in range(0, count, self.rows))

    def logits(self, maps: Maps, pairs: Int[Tensor, "2 batch"]) -> Float[Tensor, "batch modulus"]:
        """The logits of one piece, in this object's own memory: they hold until the next call."""
        return self._forward(maps, pairs)["logits"]

    def _forward(self, maps: Maps, pairs: Int[Tensor, "2 batch"]) -> dict[str, Tensor]:
        arrays = {name: array[: pairs.shape[1]] for name, array in self._memory.items()}
        sums, hidden = arrays["sums"], arrays["hidden"]
        torch.index_select(maps.first, 0, pairs[0], out=sums)
        sums += torch.index_select(maps.second, 0, pairs[1], out=arrays["sums_gradient"])
        torch.reciprocal(sums[:, self.width :], out=arrays["inverse"])
        torch.mul(self._by_head(sums), arrays["inverse"][..., None], out=self._by_head(hidden))
        z, neurons = hidden[:, : self.width], hidden[:, self.width :]
        torch.addmm(maps.into_mlp_bias, z, maps.into_mlp, out=neurons).clamp_(min=0)
        torch.addmm(maps.to_logits_bias, hidden, maps.to_logits, out=arrays["logits"])
        return arrays

    def gradients(self, maps: Maps, pairs: Int[Tensor, "2 batch"], answers: Int[Tensor, "batch"]) -> Maps:
        """The derivative of the batch's mean cross-entropy by each of the maps."""
        total = Maps(*(torch.zeros_like(tensor) for tensor in maps))
        for piece in self.pieces(len(answers)):
            self._add_gradients(total, maps, pairs[:, piece], answers[piece], len(answers))
        return total

    def _add_gradients(self, total: Maps, maps: Maps, pairs: Tensor, answers: Tensor, batch: int) -> None:
        arrays = self._forward(maps, pairs)
        hidden, hidden_gradient, logits = arrays["hidden"], arrays["hidden_gradient"], arrays["logits"]
        z, neurons = hidden[:, : self.width], hidden[:, self.width :]
        z_gradient, neurons_gradient = hidden_gradient[:, : self.width], hidden_gradient[:, self.width :]

        logits_gradient = torch.softmax(logits, dim=1, out=logits)
        logits_gradient[torch.arange(len(answers)), answers] -= 1
        logits_gradient /= batch
        torch.mm(logits_gradient, maps.to_logits.T, out=hidden_gradient)
        _relu_gradient(neurons_gradient, neurons, 0, grad_input=neurons_gradient)
        z_gradient.addmm_(neurons_gradient, maps.into_mlp.T)

        total.to_logits.addmm_(hidden.T, logits_gradient)
        total.to_logits_bias.add_(logits_gradient.sum(dim=0))
        total.into_mlp.addmm_(z.T, neurons_gradient)
        total.into_mlp_bias.add_(neurons_gradient.sum(dim=0))
        sums_gradient = self._sums_gradient(arrays)
        total.first.index_add_(0, pairs[0], sums_gradient)
        total.second.index_add_(0, pairs[1], sums_gradient)

    def _sums_gradient(self, arrays: dict[str, Tensor]) -> Float[Tensor, "batch width+heads"]:
        """From z = N / D: dN = dz / D, and dD = -(dN * z) summed over the columns of a head."""
        gradient, products = arrays["sums_gradient"], self._by_head(arrays["products"])
        numerators = self._by_head(gradient)
        torch.mul(self._by_head(arrays["hidden_gradient"]), arrays["inverse"][..., None], out=numerators)
        torch.mul(numerators, self._by_head(arrays["hidden"]), out=products)
        torch.sum(products, dim=2, out=gradient[:, self.width :]).neg_()
        return gradient


class Trainer:
    """AdamW on the mean cross-entropy of a full batch, for several seeds together; `update()` makes one step of all.

    Takes each seed's weights and training pairs. The seeds share the memory and the call of the optimiser; their
    products stay apart, as one seed's fill the machine already, and so a seed gives the same bits alone or in company.
    """

    def __init__(
        self,
        weights: list[Weights],
        pairs: list[Int[Tensor, "batch 2"]],
        *,
        learning_rate: float,
        weight_decay: float,
        betas: tuple[float, float],
        warmup_steps: int,
    ) -> None:
        self.weights = [{name: w.detach().clone().requires_grad_() for name, w in own.items()} for own in weights]
        self.step, self.learning_rate, self.warmup_steps = 0, learning_rate, warmup_steps
        parameters = [weight for own in self.weights for weight in own.values()]
        self.optimiser = torch.optim.AdamW(
            parameters, lr=learning_rate, betas=betas, weight_decay=weight_decay, fused=True
        )
        maps = self.maps(0)
        self._pairs = [own.T.contiguous() for own in pairs]
        self._answers = [own.sum(dim=0) % maps.to_logits.shape[1] for own in self._pairs]
        self._batch_part = BatchPart(len(pairs[0]), maps)

    @torch.no_grad()
    def maps(self, seed: int) -> Maps:
        """The tables and composed maps of the weights of the seed with this number in the list."""
        return compose(self.weights[seed])

    def update(self) -> None:
        """One step of AdamW, in place. The rate rises linearly to `learning_rate` over the first `warmup_steps`."""
        warmth = min(1.0, (self.step + 1) / max(1, self.warmup_steps))
        self.optimiser.param_groups[0]["lr"] = self.learning_rate * warmth
        self.optimiser.zero_grad()
        for weights, pairs, answers in zip(self.weights, self._pairs, self._answers, strict=True):
            maps = compose(weights)
            with torch.no_grad():
                gradients = self._batch_part.gradients(maps, pairs, answers)
            torch.autograd.backward(maps, gradients)
        self.optimiser.step()
        self.step += 1  # last, so that an interrupt before it leaves the step and the weights in agreement

    def state(self, seed: int) -> dict[str, Tensor]:
        """What one seed needs to go on: the step, the weights, and AdamW's two moments of each."""
        state = {"step": torch.tensor(self.step)}
        for name, weight in self.weights[seed].items():
            moments = self.optimiser.state.get(weight, {})
            state[f"weights.{name}"] = weight.detach().clone()
            for kind in ("exp_avg", "exp_avg_sq"):
                state[f"{kind}.{name}"] = moments[kind].clone() if moments else torch.zeros_like(weight)
        return state

    @torch.no_grad()
    def restore(self, states: list[dict[str, Tensor]]) -> None:
        """Go on where `state` was taken, one state per seed."""
        self.step = int(states[0]["step"])
        for weights, state in zip(self.weights, states, strict=True):
            for name, weight in weights.items():
                weight.copy_(state[f"weights.{name}"])
                moments = {kind: state[f"{kind}.{name}"].clone() for kind in ("exp_avg", "exp_avg_sq")}
                self.optimiser.state[weight] = moments | {"step": torch.tensor(float(self.step))}
