"""The end of a model, from a residual stream to logits: its final normalisation and its unembedding, as two functions.

    final_norm, unembed = output_head(model)
    logits = unembed(final_norm(stream))                    # what a layer would answer if it were the last

They work on models that are here and on models that run on NDIF alike; there each call is a request of its own, so pass many
streams at once. `unembed` does both in one step, on local models.

Pitfall: the normalisation acts on each stream by itself, over d_model, and was trained on streams of the last layer. What it
makes of an earlier one is a guess at what that layer knows.
"""

from collections.abc import Callable
from typing import Any

import nnsight
import torch
from torch import Tensor

from course_utils.inside.architectures import architecture

_ANY_TOKEN = torch.zeros(1, 1, dtype=torch.long)  # a trace needs an input, whatever is asked in it


def output_head(model: Any) -> tuple[Callable[[Tensor], Tensor], Callable[[Tensor], Tensor]]:
    """The final normalisation and the unembedding of an opened model, each a function of (..., d_model).

    Raises as `architecture` for a model that is not known, and when called on a remote model what
    `ndif_errors` says.
    """
    arch = architecture(model)

    def final_norm(residual: Tensor) -> Tensor:
        return _applied(model, arch.normalise, residual)

    def unembed(normalised: Tensor) -> Tensor:
        return _applied(model, arch.logits_of, normalised)

    return final_norm, unembed


def _applied(model: Any, part: Callable[[Any, Tensor], Tensor], values: Tensor) -> Tensor:
    if not next(model._module.parameters()).is_meta:
        with torch.no_grad():
            return part(model, values)
    with model.trace(_ANY_TOKEN):  # no weights here: where the model is, they are
        result = nnsight.save(part(model, values))
    return result
