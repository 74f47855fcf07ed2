"""AdamW's state by the names of a model's parameters, so that a run that was stopped can go on with the same updates."""

from collections.abc import Mapping

import torch
from torch import Tensor

_PARTS = ("step", "exp_avg", "exp_avg_sq")  # what AdamW keeps of each parameter


def optimiser_state(model: torch.nn.Module, optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Copies of what AdamW keeps, as "exp_avg.NAME" and so on; nothing of parameters that were never updated."""
    return {
        f"{part}.{name}": optimiser.state[parameter][part].clone()
        for name, parameter in model.named_parameters()
        if parameter in optimiser.state
        for part in _PARTS
    }


def restore_optimiser(model: torch.nn.Module, optimiser: torch.optim.Optimizer, state: Mapping[str, Tensor]) -> None:
    """Put back what `optimiser_state` gave; parameters of which it holds nothing stay as if never updated."""
    for name, parameter in model.named_parameters():
        if f"step.{name}" in state:
            optimiser.state[parameter] = {
                part: state[f"{part}.{name}"].clone().to(parameter.device if part != "step" else "cpu")
                for part in _PARTS
            }
