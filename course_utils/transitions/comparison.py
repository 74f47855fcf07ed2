"""Two curves over training beside each other: which changed first, and does only the thresholded one jump?

`compare_transitions` orders events and gives the lag of each pair. A lag is told in decades of steps: 0.3 is a factor of 2.
Two events whose intervals overlap cannot be ordered, and it says so instead of ordering them by their best guesses. Where
the rows of all curves are the same items or seeds, `paired=True` compares within each: seeds that differ much in when they
learn can still agree on what comes first.

`thresholded_twin` guards against jumps that a threshold makes: a measure that drifts through a threshold gives an accuracy
that jumps (Schaeffer, Miranda and Koyejo 2023, arXiv 2304.15004).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from course_utils.transitions.curves import Curve, step_in_words
from course_utils.transitions.description import ALPHA, Transition, describe_transition
from course_utils.transitions.evidence import CONFIDENCE, resampled_means, resampling_counts
from course_utils.transitions.fits import Shapes, search_shapes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NO_ORDER = "cannot be ordered"
LEAST_PAIRED_ROWS = 5  # of three resampled rows the 95 % intervals of the lag covered it in 81 %
PLATEAU = 1e-3  # relative misfit within which places are equally good


@dataclass(frozen=True, eq=False)
class Comparison:
    """Several curves' transitions and what can be said about their order; made by `compare_transitions`.

    `transitions` by name; `order`, names of the located ones by location, which is an order of best guesses; `lags`, one row
    for each pair: `first`, `second`, `lag_decades` (log10 of second's step over first's), its 95 % interval `low`, `high`,
    `factor` (10^lag), and `finding`: "A before B" or "cannot be ordered"; `message`, the findings as sentences.
    """

    transitions: dict[str, Transition]
    order: tuple[str, ...]
    lags: pd.DataFrame = field(repr=False)
    message: str

    def plot(self, ax: "Axes | None" = None) -> "Axes":
        """The timeline of these transitions (see `assembly_timeline`); returns the axes."""
        from course_utils.transitions.figures import assembly_timeline

        return assembly_timeline(self.transitions, ax)


def compare_transitions(
    curves: Mapping[str, object],
    steps: Sequence[float] | None = None,
    *,
    paired: bool = False,
    scale: str = "log",
    n_boot: int = 999,
    seed: int = 0,
) -> Comparison:
    """The order of several curves' transitions, and the lag of each pair with its 95 % interval.

    `curves` maps a name to values, (n_steps,) or (n_rows, n_steps), at `steps`; or to a pandas Series indexed by step, so
    that columns of `run.metrics` can be passed as they are; or to a `Transition`. `paired=True` says that the rows of all
    curves are the same items or seeds in the same order. "A before B" is said where the two location intervals are apart,
    and with paired rows where the lag's interval, over those rows, leaves out zero.
    Raises ValueError for fewer than two curves, for values without steps, and for paired rows that
    differ in number or are fewer than 5.

    >>> steps, early, late = [2**i for i in range(12)], [0] * 4 + [1] * 8, [0] * 8 + [1] * 4
    >>> compare_transitions({"late": late, "early": early}, steps).order
    ('early', 'late')
    """
    named = dict(curves.items())
    if len(named) < 2:
        raise ValueError(f"compare_transitions: got {len(named)} curves; expected two or more, by name")
    found = {
        name: _described(name, values, steps, scale=scale, n_boot=n_boot, seed=seed) for name, values in named.items()
    }
    if paired:
        _expect_same_rows(found)
    located = [name for name in found if found[name].step is not None]
    order = tuple(sorted(located, key=lambda name: found[name].step))
    resampled = _resampled_places(found, located, n_boot, seed) if paired else {}
    lags = [_lag(found, first, second, resampled) for first, second in combinations(order, 2)]
    lags += [_no_lag(first, second) for first, second in combinations(found, 2) if not {first, second} <= set(order)]
    table = pd.DataFrame(lags, columns=["first", "second", "lag_decades", "low", "high", "factor", "finding"])
    return Comparison(found, order, table, _comparison_message(found, order, table))


def _described(name: str, values: object, steps: Sequence[float] | None, **settings: object) -> Transition:
    if isinstance(values, Transition):
        return values
    if steps is None:
        if not isinstance(values, pd.Series):
            raise ValueError(
                f"compare_transitions: curve {name!r} has no steps. Pass steps=, or a pandas Series indexed by step"
            )
        return describe_transition(values.index.to_numpy(), values.to_numpy(), **settings)
    return describe_transition(steps, np.asarray(values), **settings)


def _expect_same_rows(found: Mapping[str, Transition]) -> None:
    numbers = {name: len(transition.curve.rows) for name, transition in found.items()}
    if len(set(numbers.values())) > 1 or min(numbers.values()) < 2:
        raise ValueError(
            f"paired=True: got rows {numbers}; expected two or more, as many in each curve and in one order"
        )


def _lag(found: Mapping[str, Transition], first: str, second: str, resampled: Mapping[str, np.ndarray]) -> dict:
    """The lag of one located pair. Unpaired, the two intervals are combined as for independent estimates (Zou 2008)."""
    (a, a_low, a_high), (b, b_low, b_high) = (
        np.log10([found[name].step, *found[name].interval]) for name in (first, second)
    )
    lag, apart = b - a, a_high < b_low
    low, high = lag - np.hypot(b - b_low, a_high - a), lag + np.hypot(b_high - b, a - a_low)
    if resampled:
        low, high = lag + _paired_deviations(resampled[first], resampled[second])
        apart = low > 0
    finding = f"{first} before {second}" if apart else NO_ORDER
    return dict(first=first, second=second, lag_decades=lag, low=low, high=high, factor=10**lag, finding=finding)


def _no_lag(first: str, second: str) -> dict:
    nothing = float("nan")
    numbers = dict.fromkeys(("lag_decades", "low", "high", "factor"), nothing)
    return dict(first=first, second=second, **numbers, finding=NO_ORDER)


def _resampled_places(
    found: Mapping[str, Transition], located: Sequence[str], n_boot: int, seed: int
) -> dict[str, np.ndarray]:
    """Places, in decades, of the change in means of resampled rows (n_boot,), the same rows for every curve."""
    n_rows = len(next(iter(found.values())).curve.rows)
    counts = resampling_counts(n_rows, n_boot, np.random.default_rng(seed))
    rngs = np.random.default_rng([seed, 1]).spawn(len(located))
    places = {}
    for name, rng in zip(located, rngs, strict=True):
        curve = found[name].curve
        places[name] = best_places(curve, search_shapes(curve.x), resampled_means(curve.rows, counts, CONFIDENCE), rng)
    return places


def best_places(curve: Curve, shapes: Shapes, means: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The best-fitting place, in decades, for each of some curves (n, n_curves), drawn evenly among equally good ones.

    Between two checkpoints many places fit alike, and to take the first of them would make every lag look exact.
    """
    inside = shapes.where(np.isfinite(shapes.width) & (shapes.centre > curve.x[0]) & (shapes.centre < curve.x[-1]))
    places = np.empty(means.shape[1])
    for start in range(0, means.shape[1], 100):
        misfit = inside.misfit(means[:, start : start + 100])
        good = misfit <= misfit.min(axis=0) * (1 + PLATEAU)
        chosen = (good * rng.random(good.shape)).argmax(axis=0)
        places[start : start + 100] = inside.centre[chosen]
    return np.log10(curve.step_at(places))


def _paired_deviations(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    lags = second - first
    return np.quantile(lags, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]) - np.median(lags)


def _comparison_message(found: Mapping[str, Transition], order: Sequence[str], lags: pd.DataFrame) -> str:
    pairs = [lag for lag in lags.itertuples() if {lag.first, lag.second} <= set(order)]
    absent = [f"{name} has no located change ({found[name].verdict})." for name in found if name not in order]
    return " ".join([*map(_pair_sentence, pairs), *absent])


def _pair_sentence(lag: object) -> str:
    if lag.finding == NO_ORDER:
        return f"{lag.first} and {lag.second} cannot be ordered."
    between = f"{10**lag.low:.3g} to {10**lag.high:.3g}"
    return f"{lag.first} comes before {lag.second}, by a factor of {lag.factor:.3g} in steps (95 %: {between})."


@dataclass(frozen=True, eq=False)
class Twin:
    """A continuous measure and its thresholded form side by side; made by `thresholded_twin`.

    `continuous` and `thresholded` are their transitions; `threshold`, None where the thresholded form was given; `warning`, a
    sentence where only the thresholded one jumps, or changes faster than the other can have done, else None; `message`, both
    verdicts and the warning.
    """

    continuous: Transition
    thresholded: Transition
    threshold: float | None
    warning: str | None
    message: str

    def plot(self, axes: "Sequence[Axes] | None" = None) -> "np.ndarray":
        """Both transitions in two panels; returns the two axes."""
        from course_utils.transitions.figures import plot_twin

        return plot_twin(self, axes)


def thresholded_twin(
    steps: Sequence[float],
    values: Sequence,
    *,
    threshold: float | None = None,
    thresholded: Sequence | None = None,
    scale: str = "log",
    n_boot: int = 999,
    seed: int = 0,
) -> Twin:
    """The verdicts of a continuous measure and of its thresholded form, with a warning where only the latter jumps.

    `values` (n_steps,) or (n_rows, n_steps) is the continuous measure. Its thresholded form is the share of rows at or above
    `threshold` (the middle between the mean curve's lowest and highest value unless given), or `thresholded`, of the same
    kind of shape, where it was measured by itself, such as an accuracy beside a log probability.
    Raises ValueError where both `threshold` and `thresholded` are given, and as `describe_transition`.
    """
    if threshold is not None and thresholded is not None:
        raise ValueError("thresholded_twin: got both threshold and thresholded; give one of them, or neither")
    settings = dict(scale=scale, n_boot=n_boot, seed=seed)
    continuous = describe_transition(steps, values, **settings)
    if thresholded is None:
        threshold = _middle(continuous.curve) if threshold is None else float(threshold)
        rows = np.asarray(values, dtype=float)
        thresholded = np.where(np.isnan(rows), np.nan, rows >= threshold)
    jumped = describe_transition(steps, thresholded, **settings)
    warning = _twin_warning(continuous, jumped)
    parts = [f"Continuous: {continuous.message}", f"Thresholded: {jumped.message}", *([warning] if warning else [])]
    return Twin(continuous, jumped, threshold, warning, " ".join(parts))


def _middle(curve: Curve) -> float:
    return float(curve.mean.min() + curve.mean.max()) / 2 if len(curve.steps) else 0.0


def _jumps(transition: Transition) -> bool:
    """Sudden, or known to be no gradual change although the checkpoints are too far apart to call it sudden."""
    return transition.verdict == "sudden" or (transition.verdict == "unresolved" and transition.p_value <= ALPHA)


def _twin_warning(continuous: Transition, thresholded: Transition) -> str | None:
    if thresholded.step is None or _jumps(continuous):
        return None
    where = f"near step {step_in_words(thresholded.step)}"
    if _jumps(thresholded) and continuous.verdict == "unresolved":
        return f"Warning: only the thresholded measure jumps ({where}); the continuous one does not say how fast it changed."
    if _jumps(thresholded):
        return (
            f"Warning: only the thresholded measure jumps ({where}), the continuous one does not ({continuous.verdict}): "
            "the threshold makes the jump, so it is no evidence of a transition."
        )
    if continuous.step is not None and thresholded.width_interval[1] < continuous.width_interval[0]:
        return (
            f"Warning: the thresholded measure changes within {thresholded.width_interval[1]:.2f} decades ({where}), the "
            f"continuous one takes at least {continuous.width_interval[0]:.2f}: the threshold makes the change look sudden."
        )
    return None
