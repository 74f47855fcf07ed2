"""How sure a curve makes us: is there a change, how wide can it be, and between which steps does it lie?

Each answer is a simulation, because the textbook distributions do not hold here: a place that is searched for, a width that
may shrink to nothing between two checkpoints, and a dozen points.

- Is there a change? Noise alone seldom follows any of the shapes as closely.
- Could a gradual change look so sudden (the p-value of the smooth null), or a sudden one so gradual? Curves are drawn from
  the best fit of that kind, with Gaussian noise of the size that the best fit of any kind leaves (parametric bootstrap).
- Where? Every place whose misfit, in units of the least misfit, is no larger than what refitted curves show at their own
  true place in 95 % of draws: a studentised bootstrap over residuals, of the best fit and, where a gradual change is not
  ruled out, of the best gradual one, since noise can make it look like a step. It also covers the places between two
  checkpoints that nothing tells apart. A plain percentile interval of refitted places covered 82 to 90 % on 12 to 20
  checkpoints. With several rows, resampled rows have to be covered as well, widened for few rows by Student's t.

Where what the best fit leaves goes together from checkpoint to checkpoint, the draws do so too (`drift_of`, `draw_noise`).

Pitfalls: a dozen points hardly show whether their noise drifts. A curve of another shape than a logistic leaves residuals that
look like drift, and its intervals are wider for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher
from scipy.stats import norm, t

from course_utils.transitions.fits import EDGE, GRADUAL_WIDTH, Shapes, centre_edges, unit_shapes, width_grid

CONFIDENCE = 0.95  # of the interval of the place; and of each end of the width's interval by itself
UNKNOWNS = 4  # of a logistic: two levels, centre, width
ZOOM = 40.0  # places are looked at closely where the misfit is within this many noise variances of the least
DRIFT_LIMIT = 2.0  # standard errors, 1 / sqrt(n), above which neighbours' correlation counts as drift
MOST_DRIFT = 0.95
FINE_CENTRES, FINE_WIDTHS = 120, 24
MOST_EDGES = 60  # places tried for an edge between levels
LEAST_BOOT = 99  # with fewer draws a 5 % limit means little


@dataclass(frozen=True)
class Place:
    """Where a change lies, on the axis: the median of the likelihood, a 95 % interval, and the width's interval.

    `width` is the best-fitting width; each end of `width_interval` holds with 95 % by itself (0 and inf: not bounded).
    """

    centre: float
    interval: tuple[float, float]
    width: float
    width_interval: tuple[float, float]


def drift_of(residuals: np.ndarray) -> float:
    """The correlation of neighbouring residuals (n,) of a fit, where it is beyond chance, else 0.

    The lag-one autocorrelation of residuals of a fit with p unknowns is too low by about p / n, which is added.
    """
    n, found = len(residuals), float(neighbours_correlation(residuals))
    return min(found + UNKNOWNS / n, MOST_DRIFT) if found > DRIFT_LIMIT / np.sqrt(n) else 0.0


def neighbours_correlation(curves: np.ndarray) -> np.ndarray:
    """The lag-one autocorrelation of curves (n, ...) along their first axis, near zero for independent noise."""
    centred = curves - curves.mean(axis=0)
    total = (centred**2).sum(axis=0)
    return (centred[1:] * centred[:-1]).sum(axis=0) / np.where(total > 0, total, np.inf)


def draw_noise(n: int, n_boot: int, drift: float, rng: np.random.Generator) -> np.ndarray:
    """Gaussian noise (n, n_boot) of standard deviation 1, neighbours correlated by `drift` (autoregression of order one)."""
    draws = rng.standard_normal((n, n_boot))
    if drift:
        for place in range(1, n):
            draws[place] = drift * draws[place - 1] + np.sqrt(1 - drift**2) * draws[place]
    return draws


def p_of_no_change(y: np.ndarray, shapes: Shapes, drift: float, n_boot: int, rng: np.random.Generator) -> float:
    """How often Gaussian noise follows some shape as closely as the curve does: y (n,) -> p.

    The statistic, the least misfit over the sum of squares, knows neither level nor size of the noise, so this is exact for
    noise that does not drift.
    """
    if np.ptp(y) == 0:
        return 1.0
    curves = np.column_stack([y, draw_noise(len(y), n_boot, drift, rng)])
    left = shapes.least_misfit(curves) / _sum_of_squares(curves)
    return _share_at_least(-left[0], -left[1:])


def p_of_no_detour(y: np.ndarray, drift: float, n_boot: int, rng: np.random.Generator) -> float:
    """How often Gaussian noise follows three constant levels as closely as the curve does: y (n,) -> p.

    It sees what comes and goes, which no single change describes; `p_of_no_change` sees a single change better.
    """
    if len(y) < 3 * EDGE or np.ptp(y) == 0:
        return 1.0
    curves = np.column_stack([y, draw_noise(len(y), n_boot, drift, rng)])
    explained = explained_by_three_levels(curves) / _sum_of_squares(curves)
    return _share_at_least(explained[0], explained[1:])


def _sum_of_squares(curves: np.ndarray) -> np.ndarray:
    return ((curves - curves.mean(axis=0)) ** 2).sum(axis=0)


def explained_by_three_levels(curves: np.ndarray) -> np.ndarray:
    """The largest sum of squares that three constant levels explain: curves (n, n_curves) -> (n_curves,).

    With sums S of a centred curve over a level of m checkpoints, S^2 / m each. At most `MOST_EDGES` places are tried.
    """
    n = len(curves)
    sums = np.cumsum(curves - curves.mean(axis=0), axis=0)
    last = np.unique(np.linspace(EDGE, n - EDGE, MOST_EDGES).round().astype(int))
    best = np.zeros(curves.shape[1])
    for first in last[last <= n - 2 * EDGE]:
        second = last[last >= first + EDGE, None]
        at_first, at_second = sums[first - 1], sums[second[:, 0] - 1]
        explained = at_first**2 / first + (at_second - at_first) ** 2 / (second - first) + at_second**2 / (n - second)
        np.maximum(best, explained.max(axis=0), out=best)
    return best


def p_of_null(
    y: np.ndarray, shapes: Shapes, null: np.ndarray, drift: float, n_boot: int, rng: np.random.Generator
) -> float:
    """Parametric-bootstrap p-value of a null that allows only some shapes: y (n,), `null` a mask over shapes -> p.

    The statistic is the least misfit under the null over the least misfit under any shape. Null curves are the null's best
    fit plus Gaussian noise with the variance that the best fit of any shape leaves, RSS / (n - 4).
    """
    if np.ptp(y) == 0:
        return 1.0
    allowed, others = shapes.where(null), shapes.where(~null)
    best = allowed.unit[allowed.misfit(y[:, None])[:, 0].argmin()]
    fitted = y.mean() + (best @ (y - y.mean())) * best
    noise = np.sqrt(shapes.least_misfit(y[:, None])[0] / (len(y) - UNKNOWNS))
    curves = np.column_stack([y, fitted[:, None] + noise * draw_noise(len(y), n_boot, drift, rng)])
    under_null = allowed.least_misfit(curves)
    ratio = under_null / np.minimum(under_null, others.least_misfit(curves))
    return _share_at_least(ratio[0], ratio[1:])


def _share_at_least(observed: float, simulated: np.ndarray) -> float:
    # A hair's breadth is left for rounding.
    return float((1 + (simulated >= observed - 1e-9 * abs(observed)).sum()) / (1 + len(simulated)))


def locate(
    x: np.ndarray,
    rows: np.ndarray,
    shapes: Shapes,
    may_be_wide: bool,
    drift: float,
    n_boot: int,
    rng: np.random.Generator,
) -> Place:
    """The place and width of the change in the mean of rows (n_rows, n) at x (n,), with intervals.

    `may_be_wide` says that a gradual change was not ruled out; the interval then allows for the best of them, too.
    """
    y, n = rows.mean(axis=0), len(x)
    profile = _Profile.around_the_best(x, y)
    by_centre = profile.misfit.min(axis=0)
    fits = [profile.best_shape]
    if may_be_wide and profile.best_width < GRADUAL_WIDTH:
        wide = shapes.where(shapes.wide & np.isfinite(shapes.width) & (shapes.centre > x[0]) & (shapes.centre < x[-1]))
        fits.append(wide.where(np.array([wide.misfit(y[:, None])[:, 0].argmin()])))
    searched = (profile.shapes, shapes)
    ratios = [_residual_ratio(x, y, fit, searched, drift, n_boot, rng) for fit in fits]
    ends, limit = profile, by_centre.min() * max(ratios)
    width_limit = by_centre.min() * (1 + fisher.ppf(2 * CONFIDENCE - 1, 1, n - UNKNOWNS) / (n - UNKNOWNS))
    if len(rows) > 1:
        excess, width_excess = _row_limits(profile, shapes, rows, n_boot, rng)
        limit, width_limit = max(limit, by_centre.min() + excess), max(width_limit, by_centre.min() + width_excess)
        if max(limit, width_limit) > profile.looked_up_to:
            ends = _Profile.everywhere(x, y)
    return Place(
        profile.likely_centre(n), ends.centres_under(limit), profile.best_width, ends.widths_under(width_limit)
    )


@dataclass(frozen=True)
class _Profile:
    """Misfit (n_widths, n_centres) of one curve on a fine grid; the centres are cells, given by their edges."""

    edges: np.ndarray
    widths: np.ndarray
    shapes: Shapes
    misfit: np.ndarray
    looked_up_to: float
    all_widths: np.ndarray

    @classmethod
    def everywhere(cls, x: np.ndarray, y: np.ndarray) -> "_Profile":
        return cls._on(x, y, centre_edges(x), width_grid(x), np.inf)

    @classmethod
    def around_the_best(cls, x: np.ndarray, y: np.ndarray) -> "_Profile":
        coarse = cls.everywhere(x, y)
        limit = coarse.misfit.min() * (1 + ZOOM / (len(x) - UNKNOWNS))
        close = coarse.misfit <= limit
        cells, rows = np.flatnonzero(close.any(axis=0)), np.flatnonzero(close.any(axis=1))
        left, right = coarse.edges[max(cells[0] - 1, 0)], coarse.edges[min(cells[-1] + 2, len(coarse.edges) - 1)]
        narrow, wide = coarse.widths[max(rows[0] - 1, 0)], coarse.widths[min(rows[-1] + 1, len(coarse.widths) - 1)]
        step, narrowest = coarse.widths[:2]
        widths = np.geomspace(max(narrow, narrowest), max(wide, 2 * narrowest), FINE_WIDTHS)
        if narrow == step:
            widths = np.concatenate([[step], widths])
        return cls._on(x, y, np.linspace(left, right, FINE_CENTRES + 1), widths, limit)

    @classmethod
    def _on(cls, x: np.ndarray, y: np.ndarray, edges: np.ndarray, widths: np.ndarray, limit: float) -> "_Profile":
        shapes = unit_shapes(x, (edges[1:] + edges[:-1]) / 2, widths)
        # Every shape inside the range rises by something, so none was left out and the grid is whole.
        misfit = shapes.misfit(y[:, None])[:, 0].reshape(len(widths), len(edges) - 1)
        return cls(edges, widths, shapes, misfit, limit, width_grid(x))

    @property
    def best(self) -> tuple[int, int]:
        return np.unravel_index(self.misfit.argmin(), self.misfit.shape)

    @property
    def best_width(self) -> float:
        return float(self.widths[self.best[0]])

    @property
    def best_shape(self) -> Shapes:
        return self.shapes.where(np.array([self.misfit.argmin()]))

    def at_best_centre(self) -> Shapes:
        return self.shapes.where(self.shapes.centre == self.shapes.centre[self.misfit.argmin()])

    def at_best_width(self) -> Shapes:
        return self.shapes.where(self.shapes.width == self.shapes.width[self.misfit.argmin()])

    def likely_centre(self, n: int) -> float:
        """The median of the profile likelihood, RSS^(-(n - 4) / 2), over places."""
        by_centre = self.misfit.min(axis=0)
        mass = (by_centre / by_centre.min()) ** (-(n - UNKNOWNS) / 2) * np.diff(self.edges)
        cumulated = np.concatenate([[0.0], np.cumsum(mass)])
        return float(np.interp(cumulated[-1] / 2, cumulated, self.edges))

    def centres_under(self, limit: float) -> tuple[float, float]:
        cells = np.flatnonzero(self.misfit.min(axis=0) <= max(limit, self.misfit.min()))
        return float(self.edges[cells[0]]), float(self.edges[cells[-1] + 1])

    def widths_under(self, limit: float) -> tuple[float, float]:
        """Where the misfit at the best centre for each width crosses a limit; 0 and inf where it does not on the grid."""
        by_width = self.misfit.min(axis=1)
        limit = max(limit, by_width.min())
        inside = np.flatnonzero(by_width <= limit)
        low, high = inside[0], inside[-1]
        lower = self._crossing(by_width, low - 1, low, limit) if low > 0 else self.widths[0]
        upper = self._crossing(by_width, high, high + 1, limit) if high + 1 < len(by_width) else self.widths[-1]
        lowest, highest = self.all_widths[0], self.all_widths[-1]
        return (0.0 if lower <= lowest * 1.001 else float(lower)), (
            np.inf if upper >= highest / 1.001 else float(upper)
        )

    def _crossing(self, by_width: np.ndarray, first: int, second: int, limit: float) -> float:
        share = (limit - by_width[first]) / (by_width[second] - by_width[first])
        return float(np.exp(np.log(self.widths[first]) * (1 - share) + np.log(self.widths[second]) * share))


def _residual_ratio(
    x: np.ndarray,
    y: np.ndarray,
    fit: Shapes,
    searched: Sequence[Shapes],
    drift: float,
    n_boot: int,
    rng: np.random.Generator,
) -> float:
    """The 95 % point of misfit(true place) / least misfit in curves that are a fit (one shape) plus resampled residuals.

    Residuals that drift cannot be resampled one by one; Gaussian noise of their size and drift takes their place.
    """
    n, unit = len(y), fit.unit[0]
    fitted = y.mean() + (unit @ (y - y.mean())) * unit
    residuals = (y - fitted) * np.sqrt(n / (n - UNKNOWNS))  # a fit with four unknowns has shrunk them by this much
    draws = residuals.std() * draw_noise(n, n_boot, drift, rng) if drift else rng.choice(residuals, size=(n, n_boot))
    curves = fitted[:, None] + draws
    widths = np.union1d(width_grid(x), fit.width)
    at_truth = unit_shapes(x, fit.centre, widths).least_misfit(curves)
    least = np.min([at_truth, *(shapes.least_misfit(curves) for shapes in searched)], axis=0)
    return float(np.quantile(at_truth / least, CONFIDENCE))


def _row_limits(
    profile: _Profile, shapes: Shapes, rows: np.ndarray, n_boot: int, rng: np.random.Generator
) -> tuple[float, float]:
    """What misfit(best place) and misfit(best width) exceed the least misfit by, in curves of resampled rows."""
    excess = []
    for confidence, at_best in ((CONFIDENCE, profile.at_best_centre()), (2 * CONFIDENCE - 1, profile.at_best_width())):
        curves = resampled_means(rows, resampling_counts(len(rows), n_boot, rng), confidence)
        least = np.minimum(profile.shapes.least_misfit(curves), shapes.least_misfit(curves))
        excess.append(float(np.quantile(np.maximum(at_best.least_misfit(curves) - least, 0.0), confidence)))
    return excess[0], excess[1]


def resampling_counts(n_rows: int, n_boot: int, rng: np.random.Generator) -> np.ndarray:
    """How often each row is drawn in each of n_boot resamplings with replacement, (n_rows, n_boot)."""
    return rng.multinomial(n_rows, np.full(n_rows, 1 / n_rows), size=n_boot).T


def resampled_means(rows: np.ndarray, counts: np.ndarray, confidence: float) -> np.ndarray:
    """Means of resampled rows, (n_rows, n) and counts (n_rows, n_boot) -> (n, n_boot), as far from the mean as they should be.

    A bootstrap over few rows is too narrow, so each resampled mean is pushed away from the mean by `few_rows_factor`.
    """
    mean = rows.mean(axis=0)[:, None]
    return mean + few_rows_factor(len(rows), confidence) * (rows.T @ counts / len(rows) - mean)


def few_rows_factor(n_rows: int, confidence: float) -> float:
    """By how much a bootstrap over few rows is too narrow: sqrt(n / (n - 1)) times Student's over the normal quantile."""
    tail = 0.5 + confidence / 2
    return float(np.sqrt(n_rows / (n_rows - 1)) * t.ppf(tail, n_rows - 1) / norm.ppf(tail))
