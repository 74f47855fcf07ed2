"""The heads or MLPs of a model at the last word of each text: what they write there, and what follows if they wrote otherwise.

    runs = component_runs(model, texts, "z", layers=range(4), token_ids=words)     # or "mlp_out"
    runs.names                     "head 0.2", ...
    runs.outputs                   (component, text, d): what each wrote
    runs(outputs)                  (component, text, word): logits where component i alone is given outputs[i]

Texts of equal length go through the model together, so no padding is needed and nothing but the last word is changed.

Pitfall: what a component writes at earlier words is left as it is, so its effect through them is not seen.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from course_utils.inside.activations import read_activations
from course_utils.inside.architectures import architecture
from course_utils.inside.forward_pass import Edit
from course_utils.inside.interventions import run_edited

AT_A_TIME = 16  # components whose logits are held in memory together


@dataclass(frozen=True)
class ComponentRuns:
    """Components of a model at the last word of each text; made by `component_runs`."""

    model: Any
    place: str
    components: list[tuple[int, int | None]]  # layer, and the head of it
    groups: dict[int, tuple[list[int], Tensor]] = field(repr=False)  # by length: which texts, and their tokens
    outputs: Float[Tensor, "component text d"] = field(repr=False)
    token_ids: list[int] = field(repr=False)

    @property
    def names(self) -> list[str]:
        return [f"MLP {layer}" if head is None else f"head {layer}.{head}" for layer, head in self.components]

    def __call__(self, outputs: Float[Tensor, "component text d"]) -> Float[Tensor, "component text word"]:
        """Logits of `token_ids` after each text, component i writing outputs[i] at its last word and no other changed.

        Raises ValueError for outputs of another shape.
        """
        if outputs.shape != self.outputs.shape:
            shape = tuple(self.outputs.shape)
            raise ValueError(f"got outputs of shape {tuple(outputs.shape)}; expected (component, text, d), {shape}")
        logits = torch.empty(len(self.components), self.outputs.shape[1], len(self.token_ids))
        for length, (texts, tokens) in self.groups.items():
            edits = [[self._edit(i, outputs[i, texts], length)] for i in range(len(self.components))]
            for first in range(0, len(edits), AT_A_TIME):
                chosen = slice(first, first + AT_A_TIME)
                out = run_edited(self.model, tokens, edits[chosen], positions=length - 1)
                logits[chosen, texts] = out[..., self.token_ids].float()
        return logits

    def _edit(self, component: int, value: Float[Tensor, "text d"], length: int) -> Edit:
        layer, head = self.components[component]
        if head is None:
            return Edit(self.place, layer, value[:, None], None, (length - 1,))
        return Edit(self.place, layer, value[:, None, None], (head,), (length - 1,))


def component_runs(
    model: Any, texts: Sequence[Sequence[int]], place: str, *, layers: Sequence[int], token_ids: Sequence[int]
) -> ComponentRuns:
    """The heads (place "z") or MLPs ("mlp_out") of some layers on texts given as token ids.

    Raises ValueError for another place, and as `read_activations`.
    """
    if place not in ("z", "mlp_out"):
        raise ValueError(f'got place={place!r}; expected "z", for heads, or "mlp_out"')
    heads = range(architecture(model).n_heads) if place == "z" else [None]
    components = [(int(layer), head) for layer in layers for head in heads]
    groups = _by_length(texts)
    parts = [torch.empty(0)] * len(texts)
    for length, (chosen, tokens) in groups.items():
        read = read_activations(model, tokens, place, layers=list(layers), positions=length - 1)[place]
        flat = read.movedim(1, 0).reshape(len(chosen), len(components), -1)  # (text, component, d)
        for text, row in zip(chosen, flat, strict=True):
            parts[text] = row
    return ComponentRuns(model, place, components, groups, torch.stack(parts, dim=1), list(token_ids))


def _by_length(texts: Sequence[Sequence[int]]) -> dict[int, tuple[list[int], Tensor]]:
    places = defaultdict(list)
    for place, text in enumerate(texts):
        places[len(text)].append(place)
    return {length: (found, torch.tensor([list(texts[i]) for i in found])) for length, found in places.items()}
