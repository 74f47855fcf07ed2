"""The heads and MLPs of a model by name, as tables and figures call them: "head 2.0" is head 0 of layer 2, "MLP 3" of layer 3.

    parts = named_components(model)             # name -> Component, heads first, layer by layer
    ablate_each(model, tokens, list(parts.values()), "mean")

Layers and heads count from 0, as everywhere in the course.
"""

from typing import Any

from course_utils.inside.architectures import architecture
from course_utils.inside.components import Component, all_heads, mlp


def named_components(model: Any) -> dict[str, Component]:
    """Every head of an opened model, then every MLP where it has any, by name.

    Raises as `architecture` for a model that is not known.
    """
    arch = architecture(model)
    heads = {f"head {part.layer}.{part.index[0]}": part for part in all_heads(model)}
    layers = range(arch.n_layers) if "mlp_out" in arch.places else ()
    return heads | {f"MLP {layer}": mlp(layer) for layer in layers}
