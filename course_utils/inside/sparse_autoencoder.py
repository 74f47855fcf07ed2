"""A sparse autoencoder: directions of the residual stream, of which a few at a time add up to each activation.

    autoencoder = train_sparse_autoencoder(stream, n_features=256)          # (activation, d_model), of the final checkpoint
    autoencoder.explained_variance(held_out), autoencoder.dead_share(stream)
    chosen = concept_features(autoencoder, with_concept, without)           # a table, the feature that tells most first
    feature_contrasts(autoencoder, earlier_with, earlier_without).loc[chosen.index]     # the same, an earlier checkpoint

A neuron of a language model often answers to several unrelated things. An overcomplete dictionary in which each activation uses
few features is meant to part them (Bricken et al. 2023, transformer-circuits.pub/2023/monosemantic-features; Cunningham et al.
2023, arXiv 2309.08600). Sparsity is not bought by a penalty here: the k greatest features stay, all others are 0 (TopK,
Gao et al. 2024, arXiv 2406.04093). Features that died are given another start, as in Bricken et al.

The libraries for it (sae-lens, eai-sparsify, dictionary-learning) bring `datasets` and a hub's worth more, and the last pins an
old nnsight: too much for networks of 64 to 128 dimensions, which take seconds here.

Pitfalls: a dictionary of the final checkpoint, followed back, is a probe fixed at the end. A feature that is low early may be
absent, or may lie in another direction there. TopK lets k features through whatever it is given, so features are active
at checkpoints that the dictionary says nothing about: show `explained_variance` of the activations of *that* checkpoint beside
every curve (below 0 is worse than their mean, and early steps are far below). Another seed gives other features: on
pun-world's stream two dictionaries that each explain 0.98 of the variance share one direction in twenty (cosine above 0.9), so
what holds for one alone is not yet about the model. The best of many features on a few items is best partly by luck: choose on
some groups, report on others.

Where to read: in a balanced concept every prompt is the contrast of another item, so at the ends of prompts and contrasts the
same activations stand on both sides, and any difference in one half of the groups comes back with its sign turned in the
other. Read after the target (`item.sentence`, `item.contrast_sentence`), or later, where the model has use for the
difference: for the puns of pun-world no feature tells at the target, and after "... and everyone", where a groan is to be
predicted, one does (last layer, held-out groups, AUROC 0.92 and 0.99 in two dictionaries). Leave out the start token, whose
activation is up to 3.6 times as long as others there. And a feature that is active with a concept is read, not used: nothing
is said of what it does.
"""

from dataclasses import dataclass

import pandas as pd
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F
from tqdm.auto import tqdm

from course_utils.training.worker_threads import one_thread

RESAMPLE_EVERY = 100  # steps; a feature that was never among the k greatest in so many batches is dead
SETTLE = 0.3  # share of the steps at the end without resampling, in which the learning rate falls to 0
MEASURES = ("difference", "auroc", "mean_with", "mean_without", "rate_with", "rate_without")


@dataclass(frozen=True, eq=False)
class SparseAutoencoder:
    """Features z = TopK(ReLU(encoder (x - mean) / scale + bias)), and x back again as mean + scale z decoder.

    Rows of the decoder have length 1, so a feature's activation is how far it moves the standardised x. Standardising is
    shifting by the mean and dividing by one number, so that directions are those of the residual stream itself.
    """

    mean: Float[Tensor, " d_model"]
    scale: float
    encoder: Float[Tensor, "d_model feature"]
    bias: Float[Tensor, " feature"]
    decoder: Float[Tensor, "feature d_model"]
    k: int

    @property
    def n_features(self) -> int:
        return len(self.decoder)

    def encode(self, x: Float[Tensor, "*any d_model"]) -> Float[Tensor, "*any feature"]:
        """Activation of each feature, at least 0 and at most k of them above; raises as `check_activations`."""
        x = check_activations(x, len(self.mean))
        return top_k(((x - self.mean) / self.scale) @ self.encoder + self.bias, self.k)

    def decode(self, features: Float[Tensor, "*any feature"]) -> Float[Tensor, "*any d_model"]:
        """The residual stream that features stand for, in its own units. Raises ValueError for another last axis."""
        if features.shape[-1:] != (self.n_features,):
            raise ValueError(
                f"got features of shape {tuple(features.shape)}; expected (..., {self.n_features}), as encode gives"
            )
        return self.mean + self.scale * features @ self.decoder

    def explained_variance(self, x: Float[Tensor, "*any d_model"]) -> float:
        """1 - sum |x - decode(encode(x))|^2 / sum |x - mean of these x|^2: 1 is all, 0 as good as their mean, less is worse.

        Raises ValueError where the activations are all the same, as nothing varies then, and as `check_activations`.
        """
        x = check_activations(x, len(self.mean)).reshape(-1, len(self.mean))
        if not _vary(x):
            raise ValueError(f"got {len(x)} activations that are all the same; expected some that differ")
        total = (x - x.mean(dim=0)).double().square().sum()
        return 1 - float((x - self.decode(self.encode(x))).double().square().sum() / total)

    def firing_rates(self, x: Float[Tensor, "*any d_model"]) -> Float[Tensor, " feature"]:
        """Share of activations in which each feature is above 0; raises as `check_activations`."""
        return (self.encode(x) > 0).reshape(-1, self.n_features).float().mean(dim=0)

    def dead_share(self, x: Float[Tensor, "*any d_model"]) -> float:
        """Share of features that are above 0 in none of these activations; raises as `check_activations`."""
        return float((self.firing_rates(x) == 0).float().mean())


def train_sparse_autoencoder(
    activations: Float[Tensor, "activation d_model"],
    n_features: int,
    *,
    k: int = 8,
    steps: int = 2000,
    batch: int = 256,
    learning_rate: float = 3e-3,
    seed: int = 0,
    progress: bool = True,
) -> SparseAutoencoder:
    """A TopK autoencoder of activations, by Adam on mean squared error; the same seed on one machine gives the same one.

    5,000 activations of d_model 128 and 256 features take 7 to 11 s on one core. Raises ValueError for what is not (activation,
    d_model), holds NaN or infinity or never varies, and unless 1 <= k <= n_features and steps, batch >= 1.
    """
    x = check_activations(activations)
    if x.ndim != 2 or not _vary(x):
        raise ValueError(f"got activations of shape {tuple(x.shape)}; expected (activation, d_model), not all the same")
    if not 1 <= k <= n_features or steps < 1 or batch < 1:
        raise ValueError(
            f"got {k=}, {n_features=}, {steps=}, {batch=}; expected 1 <= k <= n_features, steps, batch >= 1"
        )
    mean = x.mean(dim=0)
    scale = float((x - mean).square().mean().sqrt())
    with one_thread():
        trainer = _Trainer((x - mean) / scale, n_features, k, learning_rate, torch.Generator().manual_seed(seed))
        for step in tqdm(range(steps), desc="sparse autoencoder", unit="step", disable=not progress):
            trainer.update(batch, learning_rate * min(1.0, (steps - step) / (SETTLE * steps)))
            if (step + 1) % RESAMPLE_EVERY == 0 and step < (1 - SETTLE) * steps:
                trainer.resample()
    encoder, bias, decoder = (part.detach() for part in trainer.parts)
    return SparseAutoencoder(mean, scale, encoder, bias, decoder, k)


def concept_features(
    autoencoder: SparseAutoencoder,
    with_concept: Float[Tensor, "activation d_model"],
    without: Float[Tensor, "contrast d_model"],
    count: int = 10,
) -> pd.DataFrame:
    """The `count` features whose mean activation with the concept is most above that without: rows of `feature_contrasts`.

    Raises as `feature_contrasts`, and ValueError unless 1 <= count <= number of features.
    """
    if not 1 <= count <= autoencoder.n_features:
        raise ValueError(f"got count={count}; expected 1 to {autoencoder.n_features}, the number of features")
    table = feature_contrasts(autoencoder, with_concept, without)
    return table.sort_values("difference", ascending=False, kind="stable").head(count)


def feature_contrasts(
    autoencoder: SparseAutoencoder,
    with_concept: Float[Tensor, "activation d_model"],
    without: Float[Tensor, "contrast d_model"],
) -> pd.DataFrame:
    """How much more each feature is active with a concept than without, a row per feature, in the order of the features.

    `difference` is mean_with - mean_without, in units of the standardised stream; `auroc` the share of pairs, one of each
    kind, in which the one with the concept is greater (ties count half: 0.5 is no difference); `rate_*` the share above 0.
    Raises ValueError for activations that are not (activation, d_model), and as `check_activations`.
    """
    for x in (with_concept, without):
        if x.ndim != 2:
            raise ValueError(f"got activations of shape {tuple(x.shape)}; expected (activation, d_model)")
    present, absent = autoencoder.encode(with_concept), autoencoder.encode(without)
    means = present.mean(dim=0), absent.mean(dim=0)
    rates = [(features > 0).float().mean(dim=0) for features in (present, absent)]
    columns = (means[0] - means[1], _auroc(present, absent), *means, *rates)
    table = {name: column.tolist() for name, column in zip(MEASURES, columns, strict=True)}
    return pd.DataFrame(table, index=pd.RangeIndex(autoencoder.n_features, name="feature"))


def top_k(values: Float[Tensor, "*any feature"], k: int) -> Float[Tensor, "*any feature"]:
    """The k greatest values of the last axis where they stand, if above 0, and 0 elsewhere.

    >>> top_k(torch.tensor([3.0, -1.0, 2.0, 1.0]), 2)
    tensor([3., 0., 2., 0.])
    """
    greatest = values.topk(k, dim=-1)
    return torch.zeros_like(values).scatter(-1, greatest.indices, greatest.values.relu())


def check_activations(x: Float[Tensor, "*any d_model"], d_model: int | None = None) -> Float[Tensor, "*any d_model"]:
    """Activations as float32 on the CPU, without gradients.

    Raises TypeError for what is no tensor of floats; ValueError for none at all, for a last axis other than d_model, and for
    NaN or infinity.
    """
    if not isinstance(x, Tensor) or not x.is_floating_point():
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"got {kind}; expected a tensor of activations, as read_activations gives")
    if x.ndim < 1 or x.numel() == 0 or d_model not in (None, x.shape[-1]):
        raise ValueError(f"got activations of shape {tuple(x.shape)}; expected (..., {d_model or 'd_model'}), and some")
    if count := int((~x.isfinite()).sum()):
        raise ValueError(f"got {count} NaN or infinite among {x.numel()} numbers; leave those activations out")
    return x.detach().to("cpu", torch.float32)


def _vary(x: Float[Tensor, "activation d_model"]) -> bool:
    # Compared with the first: the mean of equal floats can differ from each of them in the last digit.
    return bool((x != x[0]).any())


def _auroc(
    present: Float[Tensor, "activation feature"], absent: Float[Tensor, "contrast feature"]
) -> Float[Tensor, " feature"]:
    wins = [(a > absent).float().mean(dim=0) + (a == absent).float().mean(dim=0) / 2 for a in present]
    return torch.stack(wins).mean(dim=0)


class _Trainer:
    """Encoder, bias and decoder while they are trained on standardised activations."""

    def __init__(
        self, x: Float[Tensor, "activation d_model"], n_features: int, k: int, rate: float, generator: torch.Generator
    ) -> None:
        self.x, self.k, self.generator = x, k, generator
        self.decoder = F.normalize(torch.randn(n_features, x.shape[1], generator=generator), dim=-1)
        self.encoder, self.bias = self.decoder.T.clone(), torch.zeros(n_features)
        for part in self.parts:
            part.requires_grad_()
        self.optimiser = torch.optim.Adam(self.parts, lr=rate)
        self.fired = torch.zeros(n_features, dtype=torch.bool)  # since the last resampling

    @property
    def parts(self) -> tuple[Tensor, Tensor, Tensor]:
        return self.encoder, self.bias, self.decoder

    def update(self, batch: int, rate: float) -> None:
        """One step of Adam, after which the decoder's rows have length 1 again."""
        drawn = self.x[torch.randint(len(self.x), (batch,), generator=self.generator)]
        features = top_k(drawn @ self.encoder + self.bias, self.k)
        self.optimiser.param_groups[0]["lr"] = rate
        self.optimiser.zero_grad()
        (drawn - features @ self.decoder).square().mean().backward()
        self.optimiser.step()
        self.fired |= (features > 0).any(dim=0)
        with torch.no_grad():
            self.decoder.copy_(F.normalize(self.decoder, dim=-1))

    @torch.no_grad()
    def resample(self) -> None:
        """Dead features start again from what is explained worst, drawn in proportion to its squared error."""
        dead = (~self.fired).nonzero()[:, 0]
        self.fired[:] = False
        error = self.x - top_k(self.x @ self.encoder + self.bias, self.k) @ self.decoder
        squares = error.square().sum(dim=-1)
        dead = dead[: int((squares > 0).sum())]  # no more than there are activations to start from
        if len(dead):
            start = F.normalize(error[squares.multinomial(len(dead), generator=self.generator)], dim=-1)
            self._restart(dead, start)

    def _restart(self, dead: Int[Tensor, " dead"], start: Float[Tensor, "dead d_model"]) -> None:
        self.decoder[dead] = start
        self.encoder[:, dead] = start.T / 2  # shorter, so that it does not crowd out what is alive
        self.bias[dead] = 0.0
        for part, axis in zip(self.parts, (1, 0, 0), strict=True):
            state = self.optimiser.state[part]
            for moment in ("exp_avg", "exp_avg_sq"):
                state[moment].index_fill_(axis, dead, 0.0)
