"""From activations to logits: the part of a network that comes after the place at which one intervenes."""

from collections.abc import Callable

from jaxtyping import Float
from torch import Tensor


def mlp_readout(
    W_in: Float[Tensor, "unit neuron"], W_out: Float[Tensor, "neuron class"]
) -> Callable[[Float[Tensor, "pair unit"]], Float[Tensor, "pair class"]]:
    """The function x -> ReLU(x W_in) W_out: logits of a small network that reads its units through an MLP."""

    def readout(activations: Float[Tensor, "pair unit"]) -> Float[Tensor, "pair class"]:
        return (activations @ W_in).relu() @ W_out

    return readout
