"""Interventions: ablation, activation patching and path patching, on GPT-NeoX, OLMo and the course's toy models alike.

    effect = ablate(model, tokens, head(1, 3), "mean")                       # logits without head 3 of layer 1
    each = ablate_each(model, tokens, all_heads(model), "mean", positions=last)   # (head, batch, vocabulary), batched
    moved = patch(model, tokens, source_tokens, residual(2, positions=[4]))  # the activation of another text put in
    direct = path_patch(model, tokens, source_tokens, senders=head(0, 1))    # its effect on the logits alone

An observation ("this head attends to the setting") says what a component does; only changing it says whether the model
needs that. Three ways to take a component out (Chan et al. 2022; Wang et al. 2023, arXiv 2211.00593, appendix):
*zero* puts 0, a value that the rest of the network may never have seen; *mean* puts its average over a reference, which
keeps what all texts have in common; *resample* puts its value on another text, which is always a value that occurs.

Activation patching puts a component's value from a `source` text into the run on `tokens` (Vig et al. 2020; Heimersheim &
Nanda 2024, arXiv 2404.15255). Path patching (Wang et al. 2023; Goldowsky-Dill et al. 2023, arXiv 2304.05969) lets only the
senders' direct paths into the receivers carry the change: everything between is held at its value on `tokens`.

Pitfalls: an ablated model may repair itself in later layers, so small effects do not mean that a component did nothing.
Effects of components do not add up. Patching needs texts whose positions correspond. Mean over *all* positions is the
default, as texts of unequal wording have no position in common; `per_position=True` is for aligned ones.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from jaxtyping import Float, Int
from torch import Tensor

from course_utils.inside.activations import read_activations
from course_utils.inside.architectures import POSITION_AXIS, Architecture, architecture
from course_utils.inside.components import Component, Components
from course_utils.inside.forward_pass import (
    BATCH_SIZE,
    Edit,
    Plan,
    as_positions,
    batches,
    check_tokens,
    forward_pass,
    part_of,
)

WAYS = ("zero", "mean", "resample")


def ablate(
    model: Any, tokens: Int[Tensor, "batch position"], components: Components, how: str = "mean", **options: Any
) -> Float[Tensor, "batch position vocabulary"]:
    """Logits with components taken out together; options and what is raised are those of `ablate_each`."""
    return ablate_each(model, tokens, [_together(components)], how, **options)[0]


def ablate_each(
    model: Any,
    tokens: Int[Tensor, "batch position"],
    groups: Iterable[Components],
    how: str = "mean",
    *,
    reference: Int[Tensor, "reference position"] | None = None,
    reference_mask: Int[Tensor, "reference position"] | None = None,
    per_position: bool = False,
    seed: int = 0,
    positions: int | Sequence[int] | Tensor | None = None,
    attention_mask: Int[Tensor, "batch position"] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Float[Tensor, "group batch position vocabulary"]:
    """Logits with each group of components taken out in turn, many at a time.

    Means and resampled values are those on `reference`, `tokens` unless given; `reference_mask` (or, without a reference,
    `attention_mask`) is 0 where a mean should not look, at padding. Resampling without a reference gives each text the value
    of another one. `positions` picks one position of each row, as in `read_activations`, and spares most of the memory.

    Raises ValueError for an unknown way, for a component or mask that does not fit, and where there is nothing to resample
    from; IndexError for a layer, head, neuron or position that there is not.
    """
    if how not in WAYS:
        raise ValueError(f"got how={how!r}; expected one of {', '.join(WAYS)}")
    sets = _checked(model, groups)
    check_tokens(architecture(model), tokens, attention_mask)
    if how == "zero":
        edits = [[part.edit(0.0) for part in group] for group in sets]
    else:
        mask = attention_mask if reference is None else reference_mask
        values = _reference_values(model, tokens if reference is None else reference, sets, mask, batch_size)
        if how == "mean":
            values = {key: _mean(key[0], value, mask, per_position) for key, value in values.items()}
        else:
            rows = _other_rows(len(tokens), None if reference is None else len(reference), seed)
            values = {key: _of_length(value, key[0], tokens)[rows] for key, value in values.items()}
        edits = [[part.edit(values[part.place, part.layer]) for part in group] for group in sets]
    return run_edited(model, tokens, edits, positions, attention_mask, batch_size)


def patch(
    model: Any,
    tokens: Int[Tensor, "batch position"],
    source: Int[Tensor, "batch position"],
    components: Components,
    **options: Any,
) -> Float[Tensor, "batch position vocabulary"]:
    """Logits on `tokens` with components set to their values on `source`; options and errors: `patch_each`."""
    return patch_each(model, tokens, source, [_together(components)], **options)[0]


def patch_each(
    model: Any,
    tokens: Int[Tensor, "batch position"],
    source: Int[Tensor, "batch position"],
    groups: Iterable[Components],
    *,
    positions: int | Sequence[int] | Tensor | None = None,
    attention_mask: Int[Tensor, "batch position"] | None = None,
    source_mask: Int[Tensor, "batch position"] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Float[Tensor, "group batch position vocabulary"]:
    """Logits on `tokens` with each group of components, in turn, set to its values on `source`, row by row.

    Raises ValueError where the two are not of one shape or a component does not fit; otherwise as `ablate_each`.
    """
    sets = _checked(model, groups)
    _check_pair(model, tokens, source)
    values = _reference_values(model, source, sets, source_mask, batch_size)
    edits = [[part.edit(values[part.place, part.layer]) for part in group] for group in sets]
    return run_edited(model, tokens, edits, positions, attention_mask, batch_size)


def path_patch(
    model: Any,
    tokens: Int[Tensor, "batch position"],
    source: Int[Tensor, "batch position"],
    senders: Components,
    receivers: Components | None = None,
    *,
    positions: int | Sequence[int] | Tensor | None = None,
    batch_size: int = BATCH_SIZE,
) -> Float[Tensor, "batch position vocabulary"]:
    """Logits on `tokens` where only the direct paths from senders to receivers carry the change to `source`.

    First the senders take their values on `source` while every other head and neuron keeps its value on `tokens`; the
    receivers then see what came to them directly, through the residual stream alone. Then a run on `tokens` takes over
    the receivers' values from that one, and everything after them follows. Without receivers the logits themselves
    receive: the direct effect. A receiver may be a head, its `q`, `k` or `v` alone (where they can be set), neurons,
    `attention(layer)`, `mlp(layer)` or a residual stream.

    Raises ValueError where no receiver comes after a sender, or shapes differ; otherwise as `ablate_each`.
    """
    arch = architecture(model)
    (sending,) = _checked(model, [_together(senders)])
    receiving = () if receivers is None else _checked(model, [tuple(map(_inner, _together(receivers)))])[0]
    _check_pair(model, tokens, source)
    _check_order(arch, sending, receiving)
    frozen = [Component(place, layer) for layer in range(arch.n_layers) for place in ("z", "neurons")]
    frozen = [part for part in frozen if part.place in arch.places]
    clean = _reference_values(model, tokens, [frozen], None, batch_size)
    changed = _reference_values(model, source, [sending], None, batch_size)
    edits = [part.edit(clean[part.place, part.layer]) for part in frozen]
    edits += [part.edit(changed[part.place, part.layer]) for part in sending]
    if receivers is None:
        return run_edited(model, tokens, [edits], positions, None, batch_size)[0]
    arrived = _arrived(model, arch, tokens, edits, receiving, batch_size)
    final = [part.edit(arrived[part.place, part.layer]) for part in receiving]
    return run_edited(model, tokens, [final], positions, None, batch_size)[0]


def run_edited(
    model: Any,
    tokens: Int[Tensor, "batch position"],
    edit_sets: Sequence[Sequence[Edit]],
    positions: int | Sequence[int] | Tensor | None = None,
    attention_mask: Int[Tensor, "batch position"] | None = None,
    batch_size: int = BATCH_SIZE,
) -> Float[Tensor, "set batch position vocabulary"]:
    """Logits under each set of edits; sets that begin alike share traces, which start where the first change is."""
    arch = architecture(model)
    tokens, picked = check_tokens(arch, tokens, attention_mask), as_positions(positions, len(tokens))
    by_begin: dict[_Begin, list[int]] = defaultdict(list)
    for number, edits in enumerate(edit_sets):
        by_begin[_begin(model, arch, edits, len(edit_sets))].append(number)
    results: list[list[Tensor]] = [[] for _ in edit_sets]
    for first, last in batches(len(tokens), batch_size):
        rows = tokens[first:last]
        mask, place = part_of(attention_mask, first, last), part_of(picked, first, last)
        clean = _clean_values(model, arch, rows, mask, by_begin)
        for begin, numbers in by_begin.items():
            for low, high in batches(len(numbers), max(1, batch_size // len(rows))):
                chosen = numbers[low:high]
                edits = [[edit.of_rows(first, last) for edit in edit_sets[number]] for number in chosen]
                out = _run_sets(model, arch, rows, edits, place, mask, begin, clean)
                for number, part in zip(chosen, out, strict=True):
                    results[number].append(part)
    return torch.stack([torch.cat(parts) for parts in results])


@dataclass(frozen=True)
class _Begin:
    """Where a run starts: before `layer` if `from_known`; after it, if all that changes in it is what its heads write."""

    layer: int
    from_known: bool
    after_heads: bool = False

    @property
    def needed(self) -> list[tuple[str, int]]:
        """The values of the unchanged run to start from."""
        if self.after_heads:
            return [("z", self.layer), ("resid_post", self.layer)]
        return [("resid_pre", self.layer)] if self.from_known else []


def _begin(model: Any, arch: Architecture, edits: Sequence[Edit], sets: int) -> _Begin:
    first = min((edit.layer for edit in edits), default=0)
    if sets < 2:  # not worth a run to start from
        return _Begin(0, False)
    only_heads = all(edit.place == "z" for edit in edits if edit.layer == first) and bool(edits)
    here = not next(model._module.parameters()).is_meta  # what heads write needs their weights
    return _Begin(first, first > 0, arch.adds_attention_last and only_heads and here)


def _clean_values(
    model: Any, arch: Architecture, tokens: Tensor, mask: Tensor | None, begins: Iterable[_Begin]
) -> dict[tuple[str, int], Tensor]:
    record = frozenset(key for begin in begins for key in begin.needed)
    return forward_pass(model, arch, tokens, Plan(record), mask) if record else {}


def _run_sets(
    model: Any,
    arch: Architecture,
    tokens: Tensor,
    edit_sets: list[list[Edit]],
    positions: Tensor | None,
    mask: Tensor | None,
    begin: _Begin,
    clean: dict[tuple[str, int], Tensor],
) -> Sequence[Tensor]:
    """The sets side by side in one batch."""
    n, count = len(tokens), len(edit_sets)
    edits = tuple(replace(edit, rows=slice(k * n, (k + 1) * n)) for k, edits in enumerate(edit_sets) for edit in edits)
    start = None
    if begin.after_heads:
        here = [edit for edit in edits if edit.layer == begin.layer]
        start = begin.layer + 1, _after_heads(model, arch, begin.layer, here, clean, count)
        edits = tuple(edit for edit in edits if edit.layer > begin.layer)
    elif begin.from_known:
        start = begin.layer, clean["resid_pre", begin.layer].repeat(count, 1, 1)
    plan = Plan(edits=edits, logits=True, start=start, positions=None if positions is None else positions.repeat(count))
    many = None if mask is None else mask.repeat(count, 1)
    return forward_pass(model, arch, tokens.repeat(count, 1), plan, many)["logits"].split(n)


def _after_heads(
    model: Any, arch: Architecture, layer: int, edits: list[Edit], clean: dict[tuple[str, int], Tensor], count: int
) -> Tensor:
    """The residual stream after a layer of which only z changes: as it was, plus what its heads now write, less before."""
    before = clean["z", layer].repeat(count, 1, 1, 1)
    after = before.clone()
    for edit in edits:
        edit.apply_(after)
    with torch.no_grad():
        change = arch.written_by_heads(model, layer, after - before)
    return clean["resid_post", layer].repeat(count, 1, 1) + change


def _arrived(
    model: Any,
    arch: Architecture,
    tokens: Tensor,
    edits: list[Edit],
    receivers: Sequence[Component],
    batch_size: int,
) -> dict[tuple[str, int], Tensor]:
    """What receivers are before anything holds them, while the edits are made: the values that came to them."""
    record = frozenset((part.place, part.layer) for part in receivers)
    parts = []
    for first, last in batches(len(tokens), batch_size):
        plan = Plan(record, tuple(edit.of_rows(first, last) for edit in edits))
        parts.append(forward_pass(model, arch, tokens[first:last], plan))
    return {key: torch.cat([part[key] for part in parts]) for key in record}


def _reference_values(
    model: Any, tokens: Tensor, sets: Sequence[Sequence[Component]], mask: Tensor | None, batch_size: int
) -> dict[tuple[str, int], Tensor]:
    """The values of the components' places, (batch, ...) by place and layer."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for part in (part for group in sets for part in group):
        wanted[part.place].add(part.layer)
    values = {}
    for place, layers in wanted.items():
        order = sorted(layers)
        used = mask if architecture(model).has_attention_mask else None
        read = read_activations(model, tokens, place, layers=order, attention_mask=used, batch_size=batch_size)[place]
        values |= {(place, layer): value for layer, value in zip(order, read, strict=True)}
    return values


def _mean(place: str, value: Tensor, mask: Tensor | None, per_position: bool) -> Tensor:
    """The mean over rows, and over positions unless they are to be kept apart, where the mask is not 0."""
    axis = POSITION_AXIS[place]
    if place == "pattern" and not per_position:
        raise ValueError("a pattern has no mean over positions, as rows of it have unequal lengths: per_position=True")
    weights = torch.ones(value.shape[0], value.shape[axis], device=value.device)
    if mask is not None:
        weights = mask.to(weights)
    shape = [1] * value.ndim
    shape[0], shape[axis] = weights.shape
    weights = weights.view(shape)
    over = (0,) if per_position else (0, axis)
    mean = (value.float() * weights).sum(over, keepdim=True) / weights.sum(over, keepdim=True)
    return mean.to(value.dtype)


def _other_rows(rows: int, reference_rows: int | None, seed: int) -> Int[Tensor, " batch"]:
    """For each row, which row to take values from: another one of the batch, or any of a reference."""
    generator = torch.Generator().manual_seed(seed)
    if reference_rows is not None:
        return torch.randint(reference_rows, (rows,), generator=generator)
    if rows < 2:
        raise ValueError("got one text and no reference to resample from; expected several texts, or reference=tokens")
    order = torch.randperm(rows, generator=generator)
    others = torch.empty_like(order)
    others[order] = order.roll(1)  # one cycle through all rows, so that none is given its own value
    return others


def _of_length(value: Tensor, place: str, tokens: Tensor) -> Tensor:
    length = value.shape[POSITION_AXIS[place]]
    if length not in (1, tokens.shape[1]):
        raise ValueError(f"got a reference of {length} positions; expected {tokens.shape[1]}, as tokens have")
    return value


def _checked(model: Any, groups: Iterable[Components]) -> list[tuple[Component, ...]]:
    """The groups as tuples; raises for an empty one, and for what is not there or cannot be set."""
    arch = architecture(model)
    sets = [_together(group) for group in groups]
    if not sets or not all(sets):
        raise ValueError("got no component; expected at least one, as in head(layer, index)")
    for part in (part for group in sets for part in group):
        arch.check(part.place, part.layer, writing=True)
    return sets


def _check_pair(model: Any, tokens: Tensor, source: Tensor) -> None:
    arch = architecture(model)
    if check_tokens(arch, tokens).shape != check_tokens(arch, source).shape:
        raise ValueError(
            f"got tokens of shape {tuple(tokens.shape)} and a source of shape {tuple(source.shape)}; expected the same, "
            "as each position takes the value of the same position"
        )


def _check_order(arch: Architecture, senders: Sequence[Component], receivers: Sequence[Component]) -> None:
    def when(part: Component) -> tuple[int, int]:
        return part.layer, arch.places.index(part.place)

    if receivers and max(map(when, receivers)) <= min(map(when, senders)):
        raise ValueError("no receiver comes after a sender, so that there is no path; did you swap them?")


def _inner(part: Component) -> Component:
    """What stands for a receiver that the frozen run holds: attention through its heads, an MLP through its neurons."""
    place = {"attn_out": "z", "mlp_out": "neurons"}.get(part.place, part.place)
    return Component(place, part.layer, part.index, part.positions)


def _together(components: Components) -> tuple[Component, ...]:
    group = (components,) if isinstance(components, Component) else tuple(components)
    if strange := [part for part in group if not isinstance(part, Component)]:
        raise TypeError(f"got a {type(strange[0]).__name__} as a component; expected one, as in head(layer, index)")
    return group
