"""How many changes are in one curve over training?

A curve can form in stages, and a single logistic laid over two jumps reads as one gradual change. For k = 2, 3, ... changes
two descriptions are tried: k + 1 constant levels, whose exact best splits ruptures finds (Truong, Oudre and Vayatis 2020,
Signal Processing 167, 107299), and a sum of k logistics that starts from those splits. One more change is accepted
where it lowers AICc by `MARGIN`, so a single gradual change, which levels follow only as a staircase, counts once; and changes
in one direction that run into each other count as one, which merely is no logistic. Whether
there is any change at all is decided as for one curve, against noise alone.

Pitfalls: segmentation gives no interval, so each change is described by itself (`describe_transition`) on the checkpoints
between its neighbours, which may be too few. Each level needs two checkpoints. A rise and a fall are two changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import ruptures
from scipy.optimize import least_squares
from scipy.special import expit

from course_utils.transitions.curves import Curve, prepare_curve
from course_utils.transitions.description import (
    ALPHA,
    DETOUR_ALPHA,
    LEAST_CHECKPOINTS,
    SUDDEN_WIDTH,
    Transition,
    describe_transition,
)
from course_utils.transitions.evidence import p_of_no_change, p_of_no_detour
from course_utils.transitions.fits import (
    EDGE,
    TEN_TO_NINETY,
    WIDEST_SPANS,
    Shapes,
    aicc,
    fit_models,
    noise_floor,
    search_shapes,
)

MARGIN = 6.0  # of AICc, for each further change: the one calibrated for the verdict on a single curve
START_WIDTHS = (0.1, 0.7)  # decades, from which sums of logistics are refined


@dataclass(frozen=True, eq=False)
class Changes:
    """How many changes a curve shows; made by `count_changes`.

    `count`, None where there are too few checkpoints; `steps`, where each is, in order; `brackets`, the neighbouring
    checkpoints around each; `aicc`, by number of changes, of the best description with that many; `transitions`, each
    change described by itself on the checkpoints between its neighbours; `message`, in plain words.
    """

    count: int | None
    steps: tuple[float, ...]
    brackets: tuple[tuple[float, float], ...]
    aicc: dict[int, float] = field(repr=False)
    transitions: tuple[Transition, ...] = field(repr=False)
    message: str


def count_changes(
    steps: Sequence[float],
    values: Sequence,
    *,
    most: int = 3,
    scale: str = "log",
    n_boot: int = 999,
    seed: int = 0,
) -> Changes:
    """How many changes, sudden or gradual, a curve shows, up to `most`: steps (n,), values (n,) or (n_rows, n).

    Raises ValueError for most < 1, and as `describe_transition`.

    >>> count_changes([2**i for i in range(15)], [0] * 5 + [1] * 5 + [3] * 5).brackets
    ((16, 32), (512, 1024))
    """
    if most < 1:
        raise ValueError(f"count_changes: got most={most}; expected 1 or more")
    curve = prepare_curve(steps, values, scale)
    if len(curve.steps) < LEAST_CHECKPOINTS:
        sentence = f"{len(curve.steps)} usable checkpoints; fewer than {LEAST_CHECKPOINTS} cannot tell."
        return Changes(None, (), (), {}, (), " ".join([sentence, *curve.notes]))
    splits, found = _chosen(curve, most, n_boot, np.random.default_rng(seed))
    places = curve.step_at(np.array(splits))
    brackets = tuple(_bracket(curve, split) for split in splits)
    parts = tuple(_described(curve, splits, number, scale, n_boot, seed) for number in range(len(splits)))
    return Changes(
        len(splits),
        tuple(places.tolist()),
        brackets,
        found,
        parts,
        " ".join([_sentence(brackets, parts), *curve.notes]),
    )


def _chosen(curve: Curve, most: int, n_boot: int, rng: np.random.Generator) -> tuple[list[float], dict[int, float]]:
    """Places of the changes in the accepted description, and the AICc of the best description for each number."""
    x, y, shapes = curve.x, curve.mean, search_shapes(curve.x)
    if np.ptp(y) == 0:
        return [], {}
    fits = fit_models(x, y, shapes)
    single = min((fits[name] for name in ("line", "step", "logistic")), key=lambda fit: fit.aicc)
    place = single.parameters.get("centre", float(np.median(x)))
    options = {0: ([], fits["constant"].aicc), 1: ([place], single.aicc)}
    for number in range(2, max(most, 2) + 1):
        if (number + 1) * EDGE <= len(x) and (several := _several(x, y, number)):
            options[number] = min(several, key=lambda option: option[1])
    accepted = min(_least_number(y, shapes, n_boot, rng), max(options))
    for number in sorted(options):
        if 0 < accepted < number <= most and options[number][1] < options[accepted][1] - MARGIN * (number - accepted):
            accepted = number
    return options[accepted][0], {number: option[1] for number, option in options.items()}


def _least_number(y: np.ndarray, shapes: Shapes, n_boot: int, rng: np.random.Generator) -> int:
    """What noise alone would not show: 1 change, or 2 where the curve comes and goes, or 0."""
    if p_of_no_change(y, shapes, 0.0, n_boot, rng) <= ALPHA:
        return 1
    return 2 if p_of_no_detour(y, 0.0, n_boot, rng) <= DETOUR_ALPHA else 0


def _several(x: np.ndarray, y: np.ndarray, number: int) -> list[tuple[list[float], float]]:
    """Places and AICc of levels, and of sums of logistics, with some number of changes that stand apart."""
    ends = ruptures.KernelCPD(kernel="linear", min_size=EDGE).fit(y[:, None]).predict(n_bkps=number)
    splits = [float(x[end - 1] + x[end]) / 2 for end in ends[:-1]]
    levels = np.array([y[first:last].mean() for first, last in pairwise([0, *ends])])
    rss = float(((y - np.repeat(levels, np.diff([0, *ends]))) ** 2).sum())
    found = [(np.array(splits), np.full(number, SUDDEN_WIDTH), np.diff(levels), rss, 2 * number + 2)]
    found += [(*_sum_of_logistics(x, y, splits, width), 3 * number + 2) for width in START_WIDTHS]
    floor = float(noise_floor(y))
    return [
        (places.tolist(), aicc(len(x), unknowns, rss + floor))
        for places, widths, heights, rss, unknowns in found
        if _stand_apart(places, widths, heights)
    ]


def _stand_apart(places: np.ndarray, widths: np.ndarray, heights: np.ndarray) -> bool:
    """Whether no two neighbouring changes in one direction run into each other: those are one change of another shape."""
    same_way = heights[1:] * heights[:-1] > 0
    return not (same_way & (np.diff(places) < (widths[1:] + widths[:-1]) / 2)).any()


def _sum_of_logistics(
    x: np.ndarray, y: np.ndarray, splits: list[float], width: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Centres in order, widths, heights and residual sum of squares of a sum of logistics refined from splits.

    Only centres and log widths are searched; the level and the heights are linear and solved for.
    """
    number = len(splits)

    def heights_and_residuals(free: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rises = expit(TEN_TO_NINETY * (x[:, None] - free[:number]) / np.exp(free[number:]))
        design = np.column_stack([np.ones_like(x), rises])
        solved = np.linalg.lstsq(design, y, rcond=None)[0]
        return solved[1:], y - design @ solved

    narrowest, widest = np.log(np.diff(x).min() / 10), np.log(WIDEST_SPANS * np.ptp(x))
    bounds = np.array([[x[EDGE - 1]] * number + [narrowest] * number, [x[-EDGE]] * number + [widest] * number])
    start = np.array([*splits, *[np.log(width)] * number]).clip(bounds[0] + 1e-9, bounds[1] - 1e-9)
    free = least_squares(lambda free: heights_and_residuals(free)[1], start, bounds=bounds, max_nfev=200).x
    heights, residuals = heights_and_residuals(free)
    order = np.argsort(free[:number])
    return free[:number][order], np.exp(free[number:])[order], heights[order], float(residuals @ residuals)


def _bracket(curve: Curve, place: float) -> tuple[float, float]:
    after = int(np.clip(np.searchsorted(curve.x, place), 1, len(curve.x) - 1))
    return tuple(curve.steps[[after - 1, after]].tolist())


def _described(curve: Curve, splits: list[float], number: int, scale: str, n_boot: int, seed: int) -> Transition:
    """One change by itself: the checkpoints after the change before it and before the change after it."""
    low = splits[number - 1] if number > 0 else -np.inf
    high = splits[number + 1] if number + 1 < len(splits) else np.inf
    part = (curve.x > low) & (curve.x < high)
    return describe_transition(curve.steps[part], curve.rows[:, part], scale=scale, n_boot=n_boot, seed=seed)


def _sentence(brackets: Sequence[tuple[float, float]], parts: Sequence[Transition]) -> str:
    if not brackets:
        return "No change was found."
    each = [
        f"between steps {first:g} and {last:g} ({part.verdict})"
        for (first, last), part in zip(brackets, parts, strict=True)
    ]
    return f"{len(brackets)} change{'s' if len(brackets) > 1 else ''}: {'; '.join(each)}."
