"""One update of the modular-addition network, fast: the mathematics of the textbook form in fewer and larger products.

Training is a thousand full-batch steps, so the step decides whether grokking can be watched live on a laptop. What is
done otherwise than in `model`, each point measured in `benchmarks/grokking.py`:

1. Only "=" asks. The answer is read at "=", so no other position needs a query, an MLP or logits.
2. Tables, not sequences. A score or a value depends on a token and its position alone: 2p + 1 rows serve all pairs. And
   a softmax over three table entries is a ratio of sums: z(a, b) = (N0[a] + N1[b]) / (D0[a] + D1[b]) for each head,
   with N = exp(score) * value, D = exp(score), and "=", which is the same for every pair, added into N1 and D1. D is
   written once per column of its head, so that no array of the batch needs an axis of heads.
3. Maps with no nonlinearity between them are composed before they meet the batch: z enters the MLP through W_O W_in,
   and logits come from z and neurons side by side through (W_O W_U; W_out W_U). Two products are as long as the batch,
   and four in the derivative, where the textbook form has four and eight.
4. The batch is gone through in pieces that stay in the processor's cache, in memory that is allocated once.
5. AdamW is torch's fused one, in one call for all seeds.
6. Cores share the work in large portions, half a batch or a whole seed: two products on a core each wait for nobody,
   where one product on two cores waits for the slower half, some two hundred times a step.

The derivative of the part as long as the batch is written out in `BatchPart`, some ten lines; autograd carries it from
the tables and composed maps back to the weights.

Pitfall: another order of summation rounds differently, so in float32 a step agrees with the textbook form to rounding,
and hundreds of steps drift from it (see `task`). In float64 both give the same losses: a test holds them
side by side.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F

from course_utils.training.worker_threads import one_thread, worker_pool

Weights = dict[str, Tensor]  # by the parameter names of ModularAdditionTransformer

PIECE = 640  # rows of the batch at once: 500 to 1000 rows are the fastest where a core has 1 MB of cache

# gradient * (output > 0) in one pass and in place: what autograd itself calls for a ReLU.
_relu_gradient = torch.ops.aten.threshold_backward.grad_input


class Maps(NamedTuple):
    """What the batch meets: tables of the two operands, and the composed maps. width = n_heads * d_head."""

    first: Float[Tensor, "modulus 2*width"]  # N0 and D0 side by side
    second: Float[Tensor, "modulus 2*width"]  # N1 and D1, with those of "=" added
    into_mlp: Float[Tensor, "width d_mlp"]
    into_mlp_bias: Float[Tensor, " d_mlp"]
    to_logits: Float[Tensor, "width+d_mlp modulus"]
    to_logits_bias: Float[Tensor, " modulus"]


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
    modulus, d_head = len(W_E) - 1, W_Q.shape[2]
    equals = W_E[modulus] + W_pos[2]
    rows = torch.cat([W_E[:modulus] + W_pos[0], W_E[:modulus] + W_pos[1], equals[None]])
    query = (equals @ W_Q) / d_head**0.5  # (head, d_head)
    scores = rows @ (W_K @ query[..., None])[..., 0].T  # (row, head)
    values = rows @ W_V.transpose(0, 1).flatten(1)  # (row, width)
    # A softmax does not change when all scores shift. The middle of them leaves exp the same room on both sides.
    middle = (scores.amax(dim=0) + scores.amin(dim=0)).detach() / 2
    exponentials = (scores - middle).exp().repeat_interleave(d_head, dim=1)  # (row, width)
    table = torch.cat([values * exponentials, exponentials], dim=1)
    return table[:modulus], table[modulus:-1] + table[-1], equals


class BatchPart:
    """Logits of pairs, and the derivative of their mean cross-entropy: all that is as long as the batch."""

    def __init__(self, longest: int, like: Maps, piece: int = PIECE) -> None:
        pieces = -(-longest // piece)
        self.rows = -(-longest // pieces)  # per piece, so that no piece is much shorter than the others
        width, d_mlp = like.into_mlp.shape
        columns = {"sums": 2 * width, "hidden": width + d_mlp, "logits": like.to_logits.shape[1]}
        columns |= {"sums_gradient": 2 * width, "hidden_gradient": width + d_mlp}
        self._memory = {name: torch.empty(self.rows, n, dtype=like.first.dtype) for name, n in columns.items()}
        self._width = width
        self._arrays: dict[int, Arrays] = {}

    def arrays(self, rows: int) -> "Arrays":
        """The first rows of the memory, named."""
        if rows not in self._arrays:
            self._arrays[rows] = Arrays({name: memory[:rows] for name, memory in self._memory.items()}, self._width)
        return self._arrays[rows]

    def pieces(self, count: int) -> Iterator[slice]:
        """The slices of a batch of `count` rows that are gone through one after the other."""
        return (slice(start, min(start + self.rows, count)) for start in range(0, count, self.rows))

    def logits(self, maps: Maps, pairs: Int[Tensor, "2 batch"]) -> Float[Tensor, "batch modulus"]:
        """The logits of one piece, in this object's own memory: they hold until the next call."""
        at = self.arrays(pairs.shape[1])
        torch.index_select(maps.first, 0, pairs[0], out=at.sums)
        at.sums += torch.index_select(maps.second, 0, pairs[1], out=at.sums_gradient)
        torch.div(at.numerators, at.denominators, out=at.z)
        torch.addmm(maps.into_mlp_bias, at.z, maps.into_mlp, out=at.neurons).relu_()
        return torch.addmm(maps.to_logits_bias, at.hidden, maps.to_logits, out=at.logits)

    @torch.no_grad()
    def gradients(self, maps: Maps, portion: "Portion", batch: int) -> Maps:
        """The derivative, by each of the maps, of the cross-entropy summed over a portion and divided by the batch size."""
        total = Maps(*(torch.zeros_like(tensor) for tensor in maps))
        for piece in self.pieces(len(portion.answers)):
            self._add_gradients(total, maps, portion.pairs[:, piece], portion.answers[piece], batch)
        return total

    def _add_gradients(self, total: Maps, maps: Maps, pairs: Tensor, answers: Tensor, batch: int) -> None:
        logits = self.logits(maps, pairs)
        at = self.arrays(len(answers))
        # From here on, the memory of the logits holds their gradient, (softmax - answer) / batch.
        logits_gradient = torch.sub(torch.softmax(logits, dim=1, out=logits), answers, out=logits).div_(batch)
        torch.mm(logits_gradient, maps.to_logits.T, out=at.hidden_gradient)
        _relu_gradient(at.neurons_gradient, at.neurons, 0, grad_input=at.neurons_gradient)
        at.z_gradient.addmm_(at.neurons_gradient, maps.into_mlp.T)
        # z = N / D, so dN = dz / D and dD = -dN z.
        torch.div(at.z_gradient, at.denominators, out=at.numerators_gradient)
        torch.mul(at.numerators_gradient, at.z, out=at.denominators_gradient).neg_()

        total.first.index_add_(0, pairs[0], at.sums_gradient)
        total.second.index_add_(0, pairs[1], at.sums_gradient)
        total.into_mlp.addmm_(at.z.T, at.neurons_gradient)
        total.into_mlp_bias.add_(at.neurons_gradient.sum(dim=0))
        total.to_logits.addmm_(at.hidden.T, logits_gradient)
        total.to_logits_bias.add_(logits_gradient.sum(dim=0))


class Portion(NamedTuple):
    """A part of a batch that one worker goes through."""

    pairs: Int[Tensor, "2 part"]
    answers: Float[Tensor, "part modulus"]  # one-hot


class Arrays:
    """Views of a batch part's memory; "hidden" is z and the neurons side by side, so that one product serves both."""

    def __init__(self, memory: dict[str, Tensor], width: int) -> None:
        self.sums, self.hidden, self.logits = memory["sums"], memory["hidden"], memory["logits"]
        self.sums_gradient, self.hidden_gradient = memory["sums_gradient"], memory["hidden_gradient"]
        self.numerators, self.denominators = _split(self.sums, width)
        self.numerators_gradient, self.denominators_gradient = _split(self.sums_gradient, width)
        self.z, self.neurons = _split(self.hidden, width)
        self.z_gradient, self.neurons_gradient = _split(self.hidden_gradient, width)


def _split(array: Tensor, width: int) -> tuple[Tensor, Tensor]:
    return array[:, :width], array[:, width:]


class Trainer:
    """AdamW on the mean cross-entropy of a full batch, for several seeds together; `update()` makes one step of all.

    Takes each seed's weights and training pairs. A seed gives the same numbers alone and in company: its batch is always
    halved, and the halves' gradients summed, whether two workers do it or one. It is the same to the last bit where
    products sum in the same order on one core as on several, as those of MKL do, and else to rounding.
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
        self._portions = [_halves(own, maps.to_logits.shape[1], maps.first.dtype) for own in pairs]
        self._batch = len(pairs[0])
        self._workers = min(torch.get_num_threads(), max(2, len(pairs)))
        self.batch_parts = [BatchPart(-(-self._batch // 2), maps) for _ in range(self._workers)]
        self.pool = worker_pool(self._workers)

    @torch.no_grad()
    def maps(self, seed: int) -> Maps:
        """The tables and composed maps of the weights of the seed with this number in the list."""
        return compose(self.weights[seed])

    def update(self) -> None:
        """One step of AdamW, in place. The rate rises linearly to `learning_rate` over the first `warmup_steps`."""
        warmth = min(1.0, (self.step + 1) / max(1, self.warmup_steps))
        self.optimiser.param_groups[0]["lr"] = self.learning_rate * warmth
        with one_thread():
            self.optimiser.zero_grad()
            self._differentiate_all()
            self.optimiser.step()
        self.step += 1  # last, so that an interrupt before it leaves the step and the weights in agreement

    def _differentiate_all(self) -> None:
        # As many seeds as fill the workers equally go one to a worker; of those left over, each goes to two, in halves.
        shared = len(self.weights) - len(self.weights) % self._workers if self.pool else 0
        if shared:
            list(self.pool.map(self._differentiate_seeds, range(self._workers), [shared] * self._workers))
        for seed in range(shared, len(self.weights)):
            self._differentiate(seed, self.batch_parts[:2], self.pool.map if self.pool else map)

    def _differentiate_seeds(self, worker: int, shared: int) -> None:
        own = self.batch_parts[worker]
        for seed in range(worker, shared, self._workers):
            self._differentiate(seed, [own, own], map)

    def _differentiate(self, seed: int, batch_parts: list[BatchPart], apply: Callable[..., Iterator]) -> None:
        """Leave the gradients of one seed in its weights; `apply` is map, or a pool's."""
        maps = compose(self.weights[seed])
        gradients = [part.gradients for part in (batch_parts * 2)[:2]]
        halves = apply(lambda get, portion: get(maps, portion, self._batch), gradients, self._portions[seed])
        torch.autograd.backward(maps, [first + second for first, second in zip(*halves, strict=True)])

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


def _halves(pairs: Int[Tensor, "batch 2"], modulus: int, dtype: torch.dtype) -> list[Portion]:
    answers = F.one_hot(pairs.sum(dim=1) % modulus, modulus).to(dtype)
    return [
        Portion(own.T.contiguous(), one_hot)
        for own, one_hot in zip(pairs.tensor_split(2), answers.tensor_split(2), strict=True)
    ]
