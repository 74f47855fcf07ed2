"""How weights are written: in full, in half precision, or as one byte per weight.

A run that ships with the kit must be small. `int8` writes a weight as a whole number from -127 to 127 times a scale that
a row (the last axis of a matrix) shares, max |w| / 127: a quarter of float32, at an error of at most half a scale. Vectors,
which are biases, stay as they are.

Pitfall: the error is about 0.6 % of a weight's typical size, in all directions alike. It does not move a loss or the
large entries of a spectrum by more than about 1 %, but it is a floor under the smallest ones.
"""

import torch
from jaxtyping import Float, Int8
from torch import Tensor

PRECISIONS = ("float64", "float32", "float16", "int8")
_SCALE = ".scale"  # beside an int8 tensor NAME lies NAME.scale


def encode(weights: dict[str, Tensor], precision: str) -> dict[str, Tensor]:
    """The tensors to write for weights in a precision. Raises ValueError for an unknown one."""
    if precision not in PRECISIONS:
        raise ValueError(f"got precision {precision!r}; expected one of {', '.join(PRECISIONS)}")
    if precision != "int8":
        return {name: weight.detach().to(getattr(torch, precision)).contiguous() for name, weight in weights.items()}
    written = {}
    for name, weight in weights.items():
        if weight.ndim < 2:
            written[name] = weight.detach().float()
        else:
            written[name], written[name + _SCALE] = _to_bytes(weight.detach())
    return written


def decode(written: dict[str, Tensor]) -> dict[str, Tensor]:
    """The weights that `encode` wrote, bytes as float32 and everything else in its own precision."""
    return {
        name: tensor.float() * written[name + _SCALE] if tensor.dtype == torch.int8 else tensor
        for name, tensor in written.items()
        if not name.endswith(_SCALE)
    }


def _to_bytes(weight: Float[Tensor, "*rows column"]) -> tuple[Int8[Tensor, "*rows column"], Float[Tensor, "*rows 1"]]:
    scale = weight.abs().amax(dim=-1, keepdim=True).float() / 127
    steps = weight / scale.clamp(min=torch.finfo(torch.float32).tiny)  # a row of zeros has scale 0
    return steps.round().to(torch.int8), scale
