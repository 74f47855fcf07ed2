"""One curve over training: a sudden change, a gradual one, none, or checkpoints that cannot tell.

The words are defined in decades of training steps (on log10 step), by the 10-90 % width of the change:

- `none`: noise alone follows a change as closely in more than 5 % of draws, and so it does three levels.
- `sudden`: a change that takes a decade or more is ruled out at 5 %, the best-fitting width is at most 0.4 decades (a factor
  of 2.5 in steps), and no two checkpoints around the change are further apart than that.
- `gradual`: a change within 0.15 decades is ruled out at 5 %, and the best-fitting width is more than 0.4 decades.
- `unresolved`: there is a change, and the checkpoints fit both, or there are too few, or the curve does more than change once.

So "sudden" is a claim against a gradual change and "gradual" one against a sudden change, each with an error rate that the
calibration in docs/transitions.md measures; where neither can be claimed the verdict says so.

Pitfalls: a verdict is about the curve on this axis; a curve that is straight in step is steep in log step. A thresholded
measure can jump where the continuous one drifts (see `thresholded_twin`). Means over seeds that jump at different steps
change gradually, and the message says so where it sees it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import ruptures

from course_utils.transitions.curves import LINEAR_RANGE, Curve, prepare_curve, step_in_words
from course_utils.transitions.evidence import (
    LEAST_BOOT,
    Place,
    drift_of,
    locate,
    p_of_no_change,
    p_of_no_detour,
    p_of_null,
)
from course_utils.transitions.fits import (
    EDGE,
    GRADUAL_WIDTH,
    RELATIVE_FLOOR,
    SHARP_WIDTH,
    Fit,
    Shapes,
    aicc,
    fit_models,
    noise_floor,
    search_shapes,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

VERDICTS = ("sudden", "gradual", "none", "unresolved")
ALPHA = 0.05  # of each claim: of a change at all, of a sudden one, of a gradual one
DETOUR_ALPHA = 0.01  # of three levels where no single change was found; stricter, as it is a second look
SUDDEN_WIDTH = 0.4  # decades: between SHARP_WIDTH and GRADUAL_WIDTH, in the middle of their logarithms
WIDEST_GAP = SUDDEN_WIDTH  # decades between checkpoints: over a wider gap no change can be seen to be sudden
LEAST_GAP = 1e-8  # on the axis: closer steps cannot be told apart in the precision that a fit has
LEAST_CHECKPOINTS = 7  # four unknowns, the noise, and something left to judge them by
SEVERAL_MARGIN = 6.0  # AICc by which three levels have to beat every single change before more than one is suspected
ROUNDING = 1e-12  # of the largest value: a range no larger is constant
LEAST_RANGE = 1e-120  # a range no larger is constant, too: its square, on which every fit rests, is lost to underflow
ROUNDING_FLOORS = 4.0  # noise floors, under which what a fit leaves says nothing about noise
EVERYWHERE = 0.5  # of the range: a change whose place is known no better than that has no place to tell
ROWS_LOOKED_AT, ROW_SHARE_EXPLAINED, ROWS_SHARPER = (
    200,
    0.8,
    1 / 3,
)  # when rows by themselves change faster than their mean


@dataclass(frozen=True, eq=False)
class Transition:
    """What a curve over training says about a change; made by `describe_transition`.

    `verdict` one of "sudden", "gradual", "none", "unresolved"; `step`, the middle of the change, and `interval`, its 95 %
    interval, in steps; `bracket`, the two checkpoints around that interval; `width_decades`, the 10-90 % width in
    decades of steps, and `width_interval`, each end of which holds with 95 % (0.0 or inf: not bounded by the data);
    `sharpness`, the steepest slope between neighbouring checkpoints over the median one; `fits`, the four models by name;
    `p_value`, how often a smooth change, over a decade or more, would look this sudden; `p_change`, how often noise alone
    follows a change as closely; `p_gradual`, how often a change within 0.15 decades would look this gradual; `before` and
    `after`, the fitted values at the first and last checkpoint; `message`, the finding in plain words, with what was left
    out; `curve`, the checkpoints that were used.

    Where no change was located `step`, `bracket`, `interval`, `width_decades` and `width_interval` are None.
    """

    verdict: str
    step: float | None
    bracket: tuple[float, float] | None
    interval: tuple[float, float] | None
    width_decades: float | None
    width_interval: tuple[float, float] | None
    sharpness: float
    fits: dict[str, Fit] = field(repr=False)
    p_value: float
    p_change: float
    p_gradual: float
    before: float
    after: float
    message: str
    curve: Curve = field(repr=False)

    def plot(self, ax: "Axes | None" = None, *, label: str = "") -> "Axes":
        """Draw the checkpoints, the fitted curve, the bracket and the interval, with the verdict as title; returns the axes."""
        from course_utils.transitions.figures import plot_transition

        return plot_transition(self, ax, label=label)


def describe_transition(
    steps: Sequence[float], values: Sequence, *, scale: str = "log", n_boot: int = 999, seed: int = 0
) -> Transition:
    """Whether, where and how suddenly a curve changes over training: steps (n,), values (n,) or (n_items_or_seeds, n).

    With rows the mean over them is described, and the intervals allow for other items or seeds. `scale` is "log" (widths in
    decades) or "linear" (then 2.5 "decades" are the whole of training, so sudden is at most 16 % of it and gradual at least
    40 %). Missing values are NaN. The same `seed` gives the same answer.
    Raises ValueError for shapes that do not fit, negative steps, infinite values, and n_boot under 99.

    >>> found = describe_transition([1, 2, 4, 8, 16, 32, 64, 128, 256, 512], [0, 0, 0, 0, 0, 1, 1, 1, 1, 1])
    >>> found.verdict, found.bracket
    ('sudden', (16, 32))
    """
    if n_boot < LEAST_BOOT:
        raise ValueError(f"got n_boot={n_boot}; expected at least {LEAST_BOOT}, as a 5 % limit needs that many draws")
    curve, rng = prepare_curve(steps, values, scale), np.random.default_rng(seed)
    if reason := _nothing_to_fit(curve):
        return _nothing(curve, *reason)
    y, shapes = curve.mean, search_shapes(curve.x)
    fits = fit_models(curve.x, y, shapes)
    drift = drift_of(residuals_beyond_rounding(curve, fits["logistic"]))
    p_change = p_of_no_change(y, shapes, drift, n_boot, rng)
    p_value = p_of_null(y, shapes, shapes.wide, drift, n_boot, rng)
    p_gradual = p_of_null(y, shapes, shapes.sharp, drift, n_boot, rng)
    place = locate(curve.x, curve.rows, shapes, p_value > ALPHA, drift, n_boot, rng)
    evidence = _Evidence(curve, place, fits, drift, p_change, p_value, p_gradual)
    if p_change <= ALPHA:
        return evidence.described(shapes)
    return evidence.nothing_located(p_of_no_detour(y, drift, n_boot, rng))


@dataclass(frozen=True)
class _Evidence:
    """All numbers of one curve, from which verdict and message follow."""

    curve: Curve
    place: Place
    fits: dict[str, Fit]
    drift: float
    p_change: float
    p_value: float
    p_gradual: float

    @property
    def bracket(self) -> tuple[int, int]:
        """Indices of the checkpoints around the interval of the place."""
        x, (low, high) = self.curve.x, self.place.interval
        first = np.searchsorted(x, low + 1e-9, side="right") - 1
        last = np.searchsorted(x, high - 1e-9, side="left")
        return max(int(first), 0), min(int(last), len(x) - 1)

    @property
    def gap(self) -> float:
        """The widest gap between neighbouring checkpoints within the bracket, on the axis."""
        first, last = self.bracket
        return float(np.diff(self.curve.x[first : last + 1]).max())

    @property
    def several(self) -> bool:
        return three_levels_aicc(self.curve.mean) < min(fit.aicc for fit in self.fits.values()) - SEVERAL_MARGIN

    def verdict(self) -> tuple[str, str]:
        """The verdict on a curve that does change, and for "unresolved" the reason."""
        not_gradual, not_sharp = self.p_value <= ALPHA, self.p_gradual <= ALPHA
        narrow = self.place.width <= SUDDEN_WIDTH
        if self.several:
            return (
                "unresolved",
                "three levels fit far better than any single change: see count_changes, or look at a part",
            )
        if not_gradual and narrow and self.gap <= WIDEST_GAP:
            return "sudden", ""
        if not_sharp and not narrow:
            return "gradual", ""
        if not_gradual and narrow:
            first, last = self.curve.steps[list(self.bracket)]
            return "unresolved", f"checkpoints between {first:g} and {last:g} are too far apart to see how fast it went"
        if not_gradual or not_sharp:
            return "unresolved", "the best-fitting width and what can be ruled out point to different sides"
        return "unresolved", "a sudden and a gradual change fit these checkpoints equally well"

    def nothing_located(self, p_detour: float) -> Transition:
        mean = float(self.curve.mean.mean())
        if p_detour <= DETOUR_ALPHA:
            sentence = (
                "Unresolved: the curve moves, but not from one level to another; it comes back, or its noise drifts."
            )
            return self._transition("unresolved", sentence, before=mean, after=mean)
        sentence = f"No change: noise alone follows a change as closely in {100 * self.p_change:.0f} % of draws."
        return self._transition("none", sentence, before=mean, after=mean)

    def described(self, shapes: Shapes) -> Transition:
        verdict, reason = self.verdict()
        ends = self.fits["logistic"].predict(self.curve.x[[0, -1]])
        return self._transition(
            verdict,
            " ".join([self._sentence(verdict, reason, *ends), *self._cautions(verdict, shapes)]),
            before=float(ends[0]),
            after=float(ends[1]),
            step=float(self.curve.step_at(self.place.centre)),
            bracket=tuple(self.curve.steps[list(self.bracket)].tolist()),
            interval=tuple(self.curve.step_at(np.array(self.place.interval)).tolist()),
            width_decades=self._decades(self.place.width),
            width_interval=(self._decades(self.width_interval[0]), self._decades(self.width_interval[1])),
        )

    def _transition(self, verdict: str, sentence: str, **located: object) -> Transition:
        nowhere = dict.fromkeys(("step", "bracket", "interval", "width_decades", "width_interval"))
        return Transition(
            verdict=verdict,
            sharpness=sharpness(self.curve),
            fits=self.fits,
            p_value=self.p_value,
            p_change=self.p_change,
            p_gradual=self.p_gradual,
            message=" ".join([sentence, *self.curve.notes]),
            curve=self.curve,
            **{**nowhere, **located},
        )

    @property
    def width_interval(self) -> tuple[float, float]:
        """The interval of the width, in agreement with the two p-values, and no narrower than the gap of the change."""
        low, high = self.place.width_interval
        low = max(low, SHARP_WIDTH) if self.p_gradual <= ALPHA else min(low, SHARP_WIDTH)
        high = min(high, GRADUAL_WIDTH) if self.p_value <= ALPHA else max(high, GRADUAL_WIDTH)
        return low, max(high, self.gap)

    def _decades(self, width: float) -> float:
        return self.curve.decades(self.place.centre, width)

    def _sentence(self, verdict: str, reason: str, before: float, after: float) -> str:
        moves = "rises" if after > before else "falls"
        what = f"{verdict.capitalize()}: the curve {moves} from {self._value(before)} to {self._value(after)} {self._where()}"
        if verdict == "unresolved":
            return f"{what}, but {reason}."
        ruled_out = (
            f"of {self._length(GRADUAL_WIDTH)} or more would look so sudden with p = {self.p_value:.3f}"
            if verdict == "sudden"
            else f"within {self._length(SHARP_WIDTH)} would look so gradual with p = {self.p_gradual:.3f}"
        )
        return f"{what}; its 10-90 % width is {self._width_words()}, and a change {ruled_out}."

    def _length(self, width: float) -> str:
        """A width on the axis in words: decades, or on a linear axis per cent of training."""
        unit = " % of training" if self.curve.scale == "linear" else f" decade{'' if width == 1 else 's'}"
        return self._size(width) + unit

    def _size(self, width: float) -> str:
        return f"{100 * width / LINEAR_RANGE:.0f}" if self.curve.scale == "linear" else f"{width:.2g}"

    def _where(self) -> str:
        low, high = self.place.interval
        if high - low > EVERYWHERE * np.ptp(self.curve.x):
            return "over the whole range, with no place that stands out"
        steps = [step_in_words(step) for step in self.curve.step_at(np.array([self.place.centre, low, high]))]
        return f"near step {steps[0]} (95 % interval {steps[1]} to {steps[2]})"

    def _width_words(self) -> str:
        low, high = self.width_interval
        if low == 0:
            return f"at most {self._length(high)}"
        if np.isinf(high):
            return f"at least {self._length(low)}"
        return f"{self._length(self.place.width)} ({self._size(low)} to {self._size(high)})"

    def _value(self, value: float) -> str:
        """A level, with what is less than a thousandth of the curve's range rounded away."""
        digits = -int(np.floor(np.log10(RELATIVE_FLOOR * np.ptp(self.curve.mean))))
        return f"{round(value, digits) + 0.0:.4g}"

    def _cautions(self, verdict: str, shapes: Shapes) -> list[str]:
        found = []
        (low, high), x = self.place.interval, self.curve.x
        if low <= x[EDGE - 1]:
            found.append("It may have begun before these checkpoints.")
        if high >= x[-EDGE]:
            found.append("It may not be over at the last of them.")
        if verdict == "gradual" and rows_change_faster(self.curve, shapes, self.place.width):
            found.append(
                "Most rows change faster by themselves: the mean is gradual because they change at different steps."
            )
        if self.drift:
            found.append(
                f"What the fit leaves drifts (neighbours correlate by {self.drift:.2f}); p-values and intervals allow for that."
            )
        return found


def _nothing_to_fit(curve: Curve) -> tuple[str, str] | None:
    """Verdict and sentence for curves that are not fitted: too few checkpoints or too close ones, or all of one value."""
    n = len(curve.steps)
    if n < LEAST_CHECKPOINTS:
        reason = f"fewer than {LEAST_CHECKPOINTS} cannot tell a sudden change from a gradual one"
        return "unresolved", f"Unresolved: {n} usable checkpoints, and {reason}."
    gaps = np.diff(curve.x)
    if gaps.min() < LEAST_GAP:
        first, second = (step_in_words(step) for step in curve.steps[gaps.argmin() : gaps.argmin() + 2])
        return "unresolved", f"Unresolved: steps {first} and {second} are too close to be told apart on this axis."
    if np.ptp(curve.mean) <= max(ROUNDING * np.abs(curve.mean).max(), LEAST_RANGE):
        return "none", "No change: the value is the same at every checkpoint."
    return None


def _nothing(curve: Curve, verdict: str, sentence: str) -> Transition:
    """A verdict without a fit: constant curves, and too few checkpoints."""
    level = float(curve.mean.mean()) if len(curve.steps) else float("nan")
    ends = (
        (level, level) if verdict == "none" or not len(curve.steps) else (float(curve.mean[0]), float(curve.mean[-1]))
    )
    return Transition(
        verdict=verdict,
        step=None,
        bracket=None,
        interval=None,
        width_decades=None,
        width_interval=None,
        sharpness=float("nan"),
        fits={},
        p_value=float("nan"),
        p_change=float("nan"),
        p_gradual=float("nan"),
        before=ends[0],
        after=ends[1],
        message=" ".join([sentence, *curve.notes]),
        curve=curve,
    )


def sharpness(curve: Curve) -> float:
    """The steepest slope between neighbouring checkpoints over the median one, in absolute values; inf over a median of 0.

    A description only: it grows with noise and with the density of checkpoints, and no verdict rests on it.
    """
    slopes = np.abs(np.diff(curve.mean) / np.diff(curve.x))
    median = float(np.median(slopes))
    return float(slopes.max()) / median if median > 0 else float("inf" if slopes.max() > 0 else "nan")


def three_levels_aicc(y: np.ndarray) -> float:
    """AICc of the best three constant levels (y (n,), at least `EDGE` checkpoints each): three levels, two places, noise."""
    n, k = len(y), 6
    if n < 3 * EDGE:
        return float("inf")
    edges = [0, *ruptures.KernelCPD(kernel="linear", min_size=EDGE).fit(y[:, None]).predict(n_bkps=2)]
    rss = sum(y[first:last].var() * (last - first) for first, last in zip(edges, edges[1:], strict=False))
    return aicc(n, k, float(rss) + float(noise_floor(y)))


def residuals_beyond_rounding(curve: Curve, fit: Fit) -> np.ndarray:
    """What a fit leaves of the mean curve (n,), or zeros where that is no more than rounding."""
    residuals = curve.mean - fit.predict(curve.x)
    return residuals if residuals @ residuals > ROUNDING_FLOORS * noise_floor(curve.mean) else np.zeros_like(residuals)


def rows_change_faster(curve: Curve, shapes: Shapes, width: float) -> bool:
    """Whether half of the rows follow a shape closely whose width is a third, or less, of the mean curve's."""
    rows = curve.rows[:ROWS_LOOKED_AT].T
    if rows.shape[1] < 2:
        return False
    misfit = shapes.misfit(rows)
    best, total = misfit.argmin(axis=0), ((rows - rows.mean(axis=0)) ** 2).sum(axis=0)
    explained = 1 - misfit.min(axis=0) / np.where(total > 0, total, np.inf)
    return bool(np.mean((explained >= ROW_SHARE_EXPLAINED) & (shapes.width[best] <= ROWS_SHARPER * width)) >= 0.5)
