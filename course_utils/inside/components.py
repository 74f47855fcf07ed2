"""Parts of a model that can be taken out or exchanged: heads, neurons, layers, at some positions or all."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from course_utils.inside.architectures import architecture
from course_utils.inside.forward_pass import Edit


@dataclass(frozen=True)
class Component:
    """Part of a model: a place of a layer (names: head of `architectures`), some heads or neurons of it, some positions."""

    place: str
    layer: int
    index: tuple[int, ...] | None = None
    positions: tuple[int, ...] | None = None

    def edit(self, value: Tensor | float) -> Edit:
        """This component set to a value of its place's shape."""
        return Edit(self.place, self.layer, value, self.index, self.positions)


Components = Component | Iterable[Component]


def head(layer: int, index: int | Sequence[int], positions: int | Sequence[int] | None = None) -> Component:
    """One attention head, or several of a layer: what it mixed from the values (z)."""
    return Component("z", layer, _numbers(index), _numbers(positions))


def neurons(layer: int, index: int | Sequence[int], positions: int | Sequence[int] | None = None) -> Component:
    """MLP neurons of a layer, after the nonlinearity."""
    return Component("neurons", layer, _numbers(index), _numbers(positions))


def attention(layer: int, positions: int | Sequence[int] | None = None) -> Component:
    """All that a layer's attention adds to the residual stream."""
    return Component("attn_out", layer, None, _numbers(positions))


def mlp(layer: int, positions: int | Sequence[int] | None = None) -> Component:
    """All that a layer's MLP adds to the residual stream."""
    return Component("mlp_out", layer, None, _numbers(positions))


def residual(layer: int, positions: int | Sequence[int] | None = None) -> Component:
    """The residual stream after a layer."""
    return Component("resid_post", layer, None, _numbers(positions))


def whole_layer(model: Any, layer: int) -> tuple[Component, ...]:
    """All that a layer adds to the residual stream: its attention, and its MLP where it has one."""
    arch = architecture(model)
    arch.check("attn_out", layer)
    return (attention(layer), mlp(layer)) if "mlp_out" in arch.places else (attention(layer),)


def all_heads(model: Any) -> list[Component]:
    """Every head of a model, layer by layer."""
    arch = architecture(model)
    return [head(layer, index) for layer in range(arch.n_layers) for index in range(arch.n_heads)]


def _numbers(numbers: int | Sequence[int] | None) -> tuple[int, ...] | None:
    if numbers is None:
        return None
    return tuple(int(n) for n in numbers) if isinstance(numbers, Iterable) else (int(numbers),)
