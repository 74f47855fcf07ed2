"""One forward pass of an opened model in which named places are recorded and changed: what reading and intervening share.

`activations` and `interventions` are what to use; this file turns what they ask for into one nnsight trace per batch. A pass
visits the places in the order in which the model computes them, records what is asked for *before* it is changed, stops as
soon as nothing more is wanted, and can begin at a later layer from a residual stream that is already known.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

import nnsight
import torch
from jaxtyping import Bool, Int
from torch import Tensor

from course_utils.inside.architectures import HEAD_AXIS, POSITION_AXIS, Architecture, eager_attention

Key = tuple[str, int]  # a place and its layer
BATCH_SIZE = (
    512  # rows of one trace, unless told otherwise: enough to fill a laptop's cores, small enough for its memory
)


@dataclass(frozen=True)
class Edit:
    """A new value for part of a place: `value` has the place's shape (the batch axis may be 1), or is a single number.

    `index` picks heads or neurons, `positions` positions (of a pattern, queries), `rows` items of the batch; None is all.
    """

    place: str
    layer: int
    value: Tensor | float
    index: tuple[int, ...] | None = None
    positions: tuple[int, ...] | None = None
    rows: slice | None = None

    @property
    def key(self) -> Key:
        return self.place, self.layer

    def apply_(self, value: Tensor) -> None:
        """Make this edit in a tensor of the place's shape, in place."""
        part = value if self.rows is None else value[self.rows]
        new = torch.as_tensor(self.value, dtype=value.dtype, device=value.device)
        part.copy_(torch.where(self.mask(part), new, part))

    def mask(self, current: Tensor) -> Bool[Tensor, "*any"]:
        """Where the edit applies, broadcastable to `current`; raises IndexError for what is not there."""
        mask = torch.ones([1] * current.ndim, dtype=torch.bool, device=current.device)
        if self.positions is not None:
            mask = mask & _axis_mask(current, POSITION_AXIS[self.place], self.positions, "position")
        if self.index is not None:
            axis, what = (HEAD_AXIS[self.place], "head") if self.place in HEAD_AXIS else (current.ndim - 1, "neuron")
            mask = mask & _axis_mask(current, axis, self.index, what)
        return mask

    def of_rows(self, first: int, last: int) -> "Edit":
        """The same edit for a part of the batch only."""
        if isinstance(self.value, Tensor) and self.value.ndim and self.value.shape[0] > 1:
            return replace(self, value=self.value[first:last])
        return self


@dataclass(frozen=True)
class Plan:
    """What a pass does: `record` places, make `edits` (in their order), start at a layer from its `resid_pre`."""

    record: frozenset[Key] = frozenset()
    edits: tuple[Edit, ...] = ()
    logits: bool = False
    start: tuple[int, Tensor] | None = None
    positions: Int[Tensor, " batch"] | None = None
    edits_by_key: dict[Key, list[Edit]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for edit in self.edits:
            self.edits_by_key.setdefault(edit.key, []).append(edit)

    @property
    def last_layer(self) -> int:
        return max((layer for _, layer in [*self.record, *self.edits_by_key]), default=-1)

    def pick(self, place: str, value: Tensor) -> Tensor:
        """The value at the position asked for in each row, without its position axis; all of it where none is."""
        if self.positions is None:
            return value
        rows = torch.arange(value.shape[0], device=value.device)
        return value.movedim(POSITION_AXIS[place], 1)[rows, self.positions.to(value.device)]


def forward_pass(
    model: Any,
    arch: Architecture,
    tokens: Int[Tensor, "batch position"],
    plan: Plan,
    attention_mask: Tensor | None = None,
) -> dict[Key | str, Tensor]:
    """One pass over one batch: recorded values by (place, layer), and "logits" where the plan wants them."""
    masked = attention_mask is not None and arch.has_attention_mask
    inputs = {"input_ids": tokens, "attention_mask": attention_mask} if masked else tokens
    with ExitStack() as stack:
        stack.enter_context(torch.no_grad())
        if any(place == "pattern" for place, _ in plan.record):
            stack.enter_context(eager_attention(model))
        options = {"use_cache": False} if arch.has_attention_mask else {}  # nothing is generated, so no keys are kept
        with model.trace(inputs, **options) as tracer:
            recorded = nnsight.save(visit(model, arch, plan))
            tracer.stop()
    return recorded


def visit(model: Any, arch: Architecture, plan: Plan) -> dict[Key | str, Tensor]:
    """Inside a trace: read and change the places of a plan, layer by layer."""
    recorded: dict[Key | str, Tensor] = {}
    first = 0 if plan.start is None else plan.start[0]
    for layer in range(first):
        arch.layers(model)[layer].skip(plan.start[1])
    for layer in range(first, plan.last_layer + 1):
        _visit_layer(model, arch, plan, layer, recorded)
    if plan.logits:
        recorded["logits"] = arch.logits_of(model, plan.pick("logits", arch.final_residual(model)))
    return recorded


def _visit_layer(model: Any, arch: Architecture, plan: Plan, layer: int, recorded: dict) -> None:
    new_pattern = plan.edits_by_key.get(("pattern", layer), []) if hasattr(arch, "mix") else []
    values = None
    for place in arch.places:
        if place == "v" and new_pattern:
            values = arch.read(model, "v", layer)
        edits = plan.edits_by_key.get((place, layer), [])
        through_values = new_pattern if place == "z" else []
        if place == "pattern" and new_pattern:
            edits = []  # already made, through the values
        if (place, layer) not in plan.record and not edits and not through_values:
            continue
        value = arch.read(model, place, layer)
        if (place, layer) in plan.record:
            recorded[place, layer] = plan.pick(place, value)
        if edits or through_values:
            value = value.clone()
        for edit in [*(_through_values(arch, pattern, values, value) for pattern in through_values), *edits]:
            edit.apply_(value)
        if edits or through_values:
            arch.write(model, place, layer, value)


def _through_values(arch: Any, edit: Edit, values: Tensor, z: Tensor) -> Edit:
    """The edit of z that a new pattern means: transformers hands out its pattern, but does not take one back."""
    values = values if edit.rows is None else values[edit.rows]
    shape = (values.shape[0], z.shape[2], z.shape[1], values.shape[1])  # (batch, head, query, key)
    pattern = torch.as_tensor(edit.value, dtype=z.dtype, device=z.device).expand(shape)
    return replace(edit, place="z", value=arch.mix(pattern, values))


def batches(total: int, batch_size: int) -> Iterator[tuple[int, int]]:
    """First and last row (exclusive) of each batch. Raises ValueError for a batch size below 1."""
    if batch_size < 1:
        raise ValueError(f"got batch_size={batch_size}; expected at least 1")
    for first in range(0, total, batch_size):
        yield first, min(total, first + batch_size)


def check_tokens(arch: Architecture, tokens: Any, attention_mask: Any = None) -> Int[Tensor, "batch position"]:
    """The tokens as they are; raises TypeError or ValueError for what is no (batch, position) tensor of token ids."""
    if not isinstance(tokens, Tensor) or tokens.is_floating_point() or tokens.dtype == torch.bool:
        raise TypeError(
            f"got tokens of type {getattr(tokens, 'dtype', type(tokens).__name__)}; expected a torch tensor of token ids "
            "(batch, position), as in suite.tokenizer(texts, return_tensors='pt')['input_ids']"
        )
    if tokens.ndim != 2 or 0 in tokens.shape:
        raise ValueError(f"got tokens of shape {tuple(tokens.shape)}; expected (batch, position), neither of them 0")
    if attention_mask is not None and attention_mask.shape != tokens.shape:
        raise ValueError(
            f"got attention_mask of shape {tuple(attention_mask.shape)}; expected that of tokens, {tuple(tokens.shape)}"
        )
    if attention_mask is not None and not arch.has_attention_mask and not _pads_on_the_right(attention_mask):
        raise ValueError(
            "this model takes no attention_mask, and cannot leave tokens out; pad on the right, where it does not look"
        )
    return tokens


def _pads_on_the_right(mask: Int[Tensor, "batch position"]) -> bool:
    """Whether a mask hides nothing that comes before a token: a causal model then gives the same without it."""
    return bool((mask[:, 1:] <= mask[:, :-1]).all())


def as_positions(positions: int | Sequence[int] | Tensor | None, rows: int) -> Int[Tensor, " batch"] | None:
    """One position for each row, from one number for all or one for each; None stays None. Raises ValueError."""
    if positions is None:
        return None
    picked = torch.as_tensor(positions)
    if picked.is_floating_point() or picked.dtype == torch.bool or picked.shape not in ((), (rows,)):
        raise ValueError(
            f"got positions of shape {tuple(picked.shape)} and {picked.dtype}; expected one whole number, "
            f"or one for each of the {rows} rows"
        )
    return picked.expand(rows)


def part_of(values: Mapping[Any, Tensor] | Tensor | None, first: int, last: int) -> Any:
    """Rows `first` to `last` of a tensor; None stays None."""
    return None if values is None else values[first:last]


def _axis_mask(current: Tensor, axis: int, chosen: Sequence[int], what: str) -> Tensor:
    size = current.shape[axis]
    if strange := [number for number in chosen if not -size <= number < size]:
        raise IndexError(f"got {what} {strange[0]}; expected 0 to {size - 1} (or from the end, -{size} to -1)")
    mask = torch.zeros(size, dtype=torch.bool, device=current.device)
    mask[list(chosen)] = True
    shape = [1] * current.ndim
    shape[axis] = size
    return mask.view(shape)
