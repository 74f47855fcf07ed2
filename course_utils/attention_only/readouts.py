"""From head outputs or keys to the loss: the rest of a small attention network, for interventions before it.

As in `inside/readouts.py`, these are what a case hands to a student's function in place of a model.
"""

from collections.abc import Callable

import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional as F


def heads_to_loss(
    residual: Float[Tensor, "batch pos d_model"],
    W_O: Float[Tensor, "head d_head d_model"],
    W_U: Float[Tensor, "d_model vocabulary"],
    targets: Int[Tensor, "batch pos"],
) -> Callable[[Float[Tensor, "batch pos head d_head"]], float]:
    """z -> mean loss in nats of the logits norm(residual + sum over heads of z W_O) W_U."""

    def loss(z: Float[Tensor, "batch pos head d_head"]) -> float:
        return _mean_loss(residual + torch.einsum("bphe,hed->bpd", z, W_O), W_U, targets)

    return loss


def keys_to_loss(
    query: Float[Tensor, "batch pos d_head"],
    W_K: Float[Tensor, "d_model d_head"],
    written: Float[Tensor, "batch pos d_model"],
    residual: Float[Tensor, "batch pos d_model"],
    W_U: Float[Tensor, "d_model vocabulary"],
    targets: Int[Tensor, "batch pos"],
) -> Callable[[Float[Tensor, "batch pos d_model"]], float]:
    """r -> mean loss in nats where one causal head makes its keys of norm(r), and everything else stays as it is.

    `written` is what the head would write if it attended to one position alone, `residual` what the others wrote.
    """
    later = torch.ones(query.shape[1], query.shape[1], dtype=torch.bool).triu(1)

    def loss(keys_from: Float[Tensor, "batch pos d_model"]) -> float:
        scores = query @ (_normalised(keys_from) @ W_K).mT / W_K.shape[1] ** 0.5
        pattern = scores.masked_fill(later, float("-inf")).softmax(dim=-1)
        return _mean_loss(residual + pattern @ written, W_U, targets)

    return loss


def _mean_loss(residual: Tensor, W_U: Tensor, targets: Tensor) -> float:
    logits = (_normalised(residual) @ W_U).double()
    return F.cross_entropy(logits.flatten(0, 1), targets.flatten()).item()


def _normalised(residual: Tensor) -> Tensor:
    return F.layer_norm(residual, residual.shape[-1:])
