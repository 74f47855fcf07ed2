"""From activations to logits: the part of a network that comes after the place at which one intervenes.

These are what a case hands to a student's function in place of a model (`given_objects`): small enough to be written down as
plain values, and with everything that makes a shortcut wrong (a nonlinearity after the sum, a normalisation before the end).
"""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor


def mlp_readout(
    W_in: Float[Tensor, "unit neuron"], W_out: Float[Tensor, "neuron class"]
) -> Callable[[Float[Tensor, "pair unit"]], Float[Tensor, "pair class"]]:
    """The function x -> ReLU(x W_in) W_out: logits of a small network that reads its units through an MLP."""

    def readout(activations: Float[Tensor, "pair unit"]) -> Float[Tensor, "pair class"]:
        return (activations @ W_in).relu() @ W_out

    return readout


def layer_norm(
    weight: Float[Tensor, " d_model"], bias: Float[Tensor, " d_model"]
) -> Callable[[Float[Tensor, "*any d_model"]], Float[Tensor, "*any d_model"]]:
    """The function x -> (x - mean) / standard deviation * weight + bias, over the last axis."""

    def final_norm(residual: Float[Tensor, "*any d_model"]) -> Float[Tensor, "*any d_model"]:
        return torch.nn.functional.layer_norm(residual, weight.shape, weight, bias)

    return final_norm


def unembedding(
    W_U: Float[Tensor, "d_model vocabulary"],
) -> Callable[[Float[Tensor, "*any d_model"]], Float[Tensor, "*any vocabulary"]]:
    """The function x -> x W_U: logits of a residual stream that is already normalised."""

    def unembed(normalised: Float[Tensor, "*any d_model"]) -> Float[Tensor, "*any vocabulary"]:
        return normalised @ W_U

    return unembed


def component_rerun(
    clean: Float[Tensor, "component pun d_model"],
    W_in: Float[Tensor, "d_model neuron"],
    W_out: Float[Tensor, "neuron d_model"],
    W_U: Float[Tensor, "d_model vocabulary"],
) -> Callable[[Float[Tensor, "component pun d_model"]], Float[Tensor, "component pun vocabulary"]]:
    """A small network whose components write into one stream, run once for each component that is given another output.

    Row i of the result are the logits where component i writes outputs[i] and all others write what they always do; an MLP
    and a normalisation come after the sum. Raises ValueError for outputs of another shape.
    """

    def rerun(outputs: Float[Tensor, "component pun d_model"]) -> Float[Tensor, "component pun vocabulary"]:
        if outputs.shape != clean.shape:
            raise ValueError(
                f"got outputs of shape {tuple(outputs.shape)}; expected (component, pun, d_model), {tuple(clean.shape)}"
            )
        stream = clean.sum(dim=0) - clean + outputs
        after = stream + (stream @ W_in).relu() @ W_out
        return torch.nn.functional.layer_norm(after, after.shape[-1:]) @ W_U

    return rerun


def word_score(
    words: list[str], weights: list[float]
) -> Callable[[list[str], list[str]], Float[np.ndarray, " prompt"]]:
    """A stand-in for a language model: how much it expects a target after a prompt, from the words of the prompt.

    The sum of the words' weights, the nearest counting most, less a little for each word of the prompt, and more where the
    target stands in the prompt already. Raises ValueError where prompts and targets differ in number.
    """
    known = dict(zip(words, weights, strict=True))

    def score(prompts: list[str], targets: list[str]) -> Float[np.ndarray, " prompt"]:
        if len(prompts) != len(targets):
            raise ValueError(
                f"got {len(prompts)} prompts and {len(targets)} targets; expected one target for each prompt"
            )
        return np.array([_score(prompt.split(), target) for prompt, target in zip(prompts, targets, strict=True)])

    def _score(prompt: list[str], target: str) -> float:
        nearness = 0.98 ** np.arange(len(prompt))[::-1]
        weight = np.array([known.get(word.strip("."), 0.0) for word in prompt])
        return float(weight @ nearness) - 0.05 * len(prompt) + 2.0 * (target in prompt)

    return score
