"""Over how many components is an effect spread, and does that number shrink as a mechanism forms?

Early in training an effect is often carried a little by many heads or neurons, later much by few. The count asked for here
is the smallest number of components that together carry 90 % of the effect.

Pitfalls: where the whole effect is nothing but noise, noise spreads evenly and the count comes out high; such checkpoints
have to be missing, not "highly redundant", which is what `least_total` is for. Effects are taken one component at a time, so
components that stand in for each other (back-up heads) count too little. Positive and negative effects count by magnitude.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from course_utils.transitions.evidence import CONFIDENCE

LEAST_ITEMS = 2


def redundancy(
    steps: Sequence[float],
    effects: Sequence,
    *,
    share: float = 0.9,
    least_total: float = 0.0,
    n_boot: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """How many components carry a share of the effect at each checkpoint, and how evenly it is spread.

    `effects` has shape (n_components, n_steps), or (n_items, n_components, n_steps), which is averaged over items. Returns a
    table indexed by step: `components`, the least k with the k largest |e_i| summing to `share` of the total;
    `effective_number`, (sum |e_i|)^2 / sum e_i^2, which is n for n equal parts; `total`, sum |e_i|; and with items `low` and
    `high`, the 95 % bootstrap interval of `components` over items. Where the total is at or under `least_total`, or an effect
    is NaN, all but the total are missing.
    Raises ValueError for shapes that do not fit and for a share outside (0, 1].

    >>> redundancy([1, 10], [[1, 8], [1, 1], [1, 0.5], [1, 0.5]])["components"].tolist()
    [4.0, 2.0]
    """
    steps, effects = np.asarray(steps), np.asarray(effects, dtype=float)
    if effects.ndim not in (2, 3) or steps.ndim != 1 or effects.shape[-1] != len(steps) or 0 in effects.shape:
        raise ValueError(
            f"redundancy: got steps of shape {steps.shape} and effects of shape {effects.shape}; expected steps (n_steps,) "
            "and effects (n_components, n_steps) or (n_items, n_components, n_steps)"
        )
    if not 0 < share <= 1:
        raise ValueError(f"redundancy: got share={share}; expected a number above 0 and at most 1")
    items = effects if effects.ndim == 3 else effects[None]
    mean = items.mean(axis=0)
    total = np.abs(mean).sum(axis=0)
    missing = ~(total > least_total)
    columns = {"components": components_for_share(mean, share), "effective_number": _effective_number(mean)}
    if len(items) >= LEAST_ITEMS:
        columns["low"], columns["high"] = _interval(items, share, n_boot, seed)
    table = pd.DataFrame(columns, index=pd.Index(steps, name="step"))
    table[missing] = np.nan
    return table.assign(total=total).sort_index()


def components_for_share(effects: np.ndarray, share: float) -> np.ndarray:
    """The least number of components whose |effects| (n_components, ...) sum to a share of all -> (...), as floats.

    >>> components_for_share(np.array([0.5, -0.3, 0.2]), 0.8)
    array(2.)
    """
    largest_first = -np.sort(-np.abs(effects), axis=0)
    reached = np.cumsum(largest_first, axis=0) >= share * largest_first.sum(axis=0) * (1 - 1e-12)
    return np.asarray(reached.argmax(axis=0) + 1.0)


def _effective_number(effects: np.ndarray) -> np.ndarray:
    squares = (effects**2).sum(axis=0)
    return np.abs(effects).sum(axis=0) ** 2 / np.where(squares > 0, squares, np.nan)


def _interval(items: np.ndarray, share: float, n_boot: int, seed: int) -> np.ndarray:
    """The 95 % percentile interval of the count over resampled items: (n_items, n_components, n_steps) -> (2, n_steps)."""
    rng, counts = np.random.default_rng(seed), []
    for _ in range(n_boot):
        drawn = items[rng.integers(len(items), size=len(items))].mean(axis=0)
        counts.append(components_for_share(drawn, share))
    return np.quantile(counts, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2], axis=0)
