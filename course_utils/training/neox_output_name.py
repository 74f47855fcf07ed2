"""GPT-NeoX's output matrix has two names, by release of transformers: weights of both fit a model of either."""

import torch
from torch import Tensor


def either_name_of_the_output(model: torch.nn.Module, weights: dict[str, Tensor], *_) -> None:
    """Some releases of transformers 5 call GPT-NeoX's output matrix embed_out, others lm_head: weights of both fit."""
    names = {"embed_out.weight", "lm_head.weight"}
    (own,) = names & {name for name, _ in model.named_parameters()}
    (other,) = names - {own}
    if other in weights:
        weights[own] = weights.pop(other)
