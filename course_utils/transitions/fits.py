"""Four descriptions of a curve over log step: constant, line, logistic and step, each fitted by least squares.

The logistic is the one that carries the question, since its width runs from a jump to a drift:

    y(x) = before + (after - before) / (1 + exp(-2 ln 9 (x - centre) / width))

on the axis x = log10(step), where `width` is the 10-90 % width: the decades of steps between a tenth and nine tenths of the
change. For a given centre and width the two levels are linear, so they are solved for and only centre and width are
searched (variable projection: Golub and Pereyra 1973, SIAM J. Numer. Anal. 10, 413). With a shape s, centred and of unit
length, the residual sum of squares is |y|^2 - (s.y)^2 for centred y: one product scores a whole grid on many curves.

Pitfalls: AICc counts the place of a step as one parameter, although it is chosen from among the checkpoints, and so it is
mild on steps; the verdict of a transition rests on simulated p-values instead. Residuals are taken to be independent.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares
from scipy.special import expit

TEN_TO_NINETY = 2 * np.log(9)  # a standard logistic takes this long from 10 % to 90 %
SHARP_WIDTH = 0.15  # decades: a change this narrow or narrower is what "sudden" has to be able to find
GRADUAL_WIDTH = 1.0  # decades: a change this wide or wider is the smooth null
EDGE = 2  # checkpoints needed on either side of a change: one alone may be an outlier
FINEST_CELL, PIECES_PER_GAP, MAX_CENTRES, N_WIDTHS = SHARP_WIDTH / 6, (3, 6), 200, 26  # how finely shapes are searched
WIDEST_SPANS = 4.0  # the widest logistic tried, in spans of the axis: a line, to the eye
STEP_WIDTH = 0.01  # gaps: a logistic so narrow is a step, wherever between two checkpoints it lies
RELATIVE_FLOOR = 1e-3  # no curve is taken to be more exact than a thousandth of its range
BLOCK = 2**21  # numbers in one block of a product of shapes and curves


@dataclass(frozen=True)
class Fit:
    """One model fitted to a curve: its name, parameters on the axis, residual sum of squares and AICc.

    The smallest AICc is the model that is expected to predict best (Hurvich and Tsai 1989, Biometrika 76, 297).
    """

    name: str
    parameters: dict[str, float]
    rss: float
    aicc: float

    def predict(self, x: np.ndarray) -> np.ndarray:
        """The fitted values at places on the axis (log10 step), any shape -> the same shape."""
        return MODELS[self.name](np.asarray(x, dtype=float), **self.parameters)


def _constant(x: np.ndarray, level: float) -> np.ndarray:
    return np.full(x.shape, level)


def _line(x: np.ndarray, intercept: float, slope: float) -> np.ndarray:
    return intercept + slope * x


def _step(x: np.ndarray, before: float, after: float, centre: float) -> np.ndarray:
    return np.where(x < centre, before, after)


def logistic(x: np.ndarray, before: float, after: float, centre: float, width: float) -> np.ndarray:
    """The logistic of the module's head at places x; `width` is 10-90 %, in the units of x.

    >>> logistic(np.array([-0.5, 0.0, 0.5]), before=0, after=1, centre=0, width=1).round(3).tolist()
    [0.1, 0.5, 0.9]
    """
    return before + (after - before) * expit(TEN_TO_NINETY * (x - centre) / width)


MODELS = {"constant": _constant, "line": _line, "logistic": logistic, "step": _step}


@dataclass(frozen=True)
class Shapes:
    """Logistic shapes to search: `unit` (n_shapes, n), centred and of unit length; `centre`, `width` (n_shapes,).

    A straight line, which is the limit of wide logistics, is among them, with width inf.
    """

    unit: np.ndarray
    centre: np.ndarray
    width: np.ndarray

    @property
    def wide(self) -> np.ndarray:
        return self.width >= GRADUAL_WIDTH

    @property
    def sharp(self) -> np.ndarray:
        return self.width <= SHARP_WIDTH

    def where(self, keep: np.ndarray) -> "Shapes":
        return Shapes(self.unit[keep], self.centre[keep], self.width[keep])

    def misfit(self, curves: np.ndarray) -> np.ndarray:
        """Residual sums of squares, floored, of curves (n, n_curves) under each shape -> (n_shapes, n_curves)."""
        centred = curves - curves.mean(axis=0)
        total = (centred**2).sum(axis=0)
        return np.maximum(total - (self.unit @ centred) ** 2, 0.0) + noise_floor(curves)

    def least_misfit(self, curves: np.ndarray) -> np.ndarray:
        """The least of `misfit` over the shapes for each curve (n_curves,), in blocks that bound the memory."""
        centred = curves - curves.mean(axis=0)
        rows = max(1, BLOCK // max(1, curves.shape[1]))
        best = np.zeros(curves.shape[1])
        for start in range(0, len(self.unit), rows):
            projection = self.unit[start : start + rows] @ centred
            np.maximum(best, np.maximum(projection.max(axis=0), -projection.min(axis=0)), out=best)
        return np.maximum((centred**2).sum(axis=0) - best**2, 0.0) + noise_floor(curves)


def noise_floor(curves: np.ndarray) -> np.ndarray:
    """The sum of squares that rounding alone is granted: n (RELATIVE_FLOOR * range)^2 for curves (n, ...) -> (...)."""
    return len(curves) * (RELATIVE_FLOOR * np.ptp(curves, axis=0)) ** 2


def unit_shapes(x: np.ndarray, centres: np.ndarray, widths: np.ndarray) -> Shapes:
    """Every centre with every width as `Shapes`; those that are flat over the checkpoints are left out."""
    centre, width = (grid.ravel() for grid in np.meshgrid(centres, widths))
    rises = expit(TEN_TO_NINETY * (x - centre[:, None]) / width[:, None])
    rises -= rises.mean(axis=1, keepdims=True)
    length = np.linalg.norm(rises, axis=1)
    keep = length > 1e-10
    return Shapes(rises[keep] / length[keep, None], centre[keep], width[keep])


def centre_edges(x: np.ndarray) -> np.ndarray:
    """Edges of the cells in which a change is searched: gaps between checkpoints, divided, `EDGE` from either end.

    Wide gaps are divided more, and where checkpoints are so dense that there would be more than `MAX_CENTRES` cells the
    shortest are joined: schedules that double first and then go by thousands have both.
    """
    inner = x[EDGE - 1 : len(x) - EDGE + 1]
    pieces = np.clip(np.ceil(np.diff(inner) / FINEST_CELL), *PIECES_PER_GAP).astype(int)
    parts = [np.linspace(inner[gap], inner[gap + 1], pieces[gap] + 1)[:-1] for gap in range(len(pieces))]
    edges = np.concatenate([*parts, inner[-1:]])
    if len(edges) <= MAX_CENTRES + 1:
        return edges
    distances = np.ptp(inner) / (8 * MAX_CENTRES) * 1.2 ** np.arange(20)
    return next(thinned for apart in distances if len(thinned := _at_least_apart(edges, apart)) <= MAX_CENTRES + 1)


def _at_least_apart(edges: np.ndarray, apart: float) -> np.ndarray:
    """The first and last edge and as many between them as stay a distance apart."""
    kept = [edges[0]]
    for edge in edges[1:-1]:
        if edge - kept[-1] >= apart and edges[-1] - edge >= apart:
            kept.append(edge)
    return np.array([*kept, edges[-1]])


def width_grid(x: np.ndarray) -> np.ndarray:
    """Widths to search: a step, then from under the narrowest gap to `WIDEST_SPANS` spans, with the limits of the verdict."""
    gap = max(np.diff(x).min(), np.ptp(x) / 250)
    widest = max(WIDEST_SPANS * np.ptp(x), WIDEST_SPANS * GRADUAL_WIDTH)
    widths = np.geomspace(min(SHARP_WIDTH / 8, gap / 4), widest, N_WIDTHS)
    return np.union1d(widths, [min(STEP_WIDTH * gap, widths[0] / 2), SHARP_WIDTH, GRADUAL_WIDTH])


def search_shapes(x: np.ndarray) -> Shapes:
    """The shapes that a curve is searched with: jumps and drifts inside the range, a line, and the ends of wide changes.

    A wide logistic whose centre lies outside the checkpoints is a curve that levels off, as losses do, or one that has only
    begun; both are smooth, so both belong to the smooth null.
    """
    edges, widths = centre_edges(x), width_grid(x)
    inside = unit_shapes(x, (edges[1:] + edges[:-1]) / 2, widths)
    line = (x - x.mean())[None] / np.linalg.norm(x - x.mean())
    parts = [inside, Shapes(line, np.array([np.median(x)]), np.array([np.inf]))]
    for width in widths[widths >= GRADUAL_WIDTH]:
        beyond = np.array([0.0, 0.25, 0.5, 1.0]) * width
        parts.append(unit_shapes(x, np.concatenate([x[0] - beyond, x[-1] + beyond]), np.array([width])))
    return Shapes(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("unit", "centre", "width")))


def fit_models(x: np.ndarray, y: np.ndarray, shapes: Shapes) -> dict[str, Fit]:
    """The four models fitted to a curve: x (n,), y (n,) -> {"constant", "line", "logistic", "step"}: `Fit`."""
    slope, intercept = np.polyfit(x, y, 1)
    return {
        "constant": _fit("constant", x, y, {"level": float(y.mean())}),
        "line": _fit("line", x, y, {"intercept": float(intercept), "slope": float(slope)}),
        "logistic": _fit("logistic", x, y, fit_logistic(x, y, shapes)),
        "step": _fit("step", x, y, _best_step(x, y)),
    }


def _fit(name: str, x: np.ndarray, y: np.ndarray, parameters: dict[str, float]) -> Fit:
    n, k = len(x), len(parameters) + 1
    rss = float(((y - MODELS[name](x, **parameters)) ** 2).sum())
    return Fit(name, parameters, rss, aicc(n, k, rss + float(noise_floor(y))))


def aicc(n: int, k: int, rss: float) -> float:
    """n ln(RSS / n) + 2k + 2k(k + 1) / (n - k - 1) for k unknowns, the noise among them; inf where n <= k + 1."""
    correction = 2 * k * (k + 1) / (n - k - 1) if n > k + 1 else np.inf
    return float(n * np.log(max(rss, np.finfo(float).tiny) / n) + 2 * k + correction)


def fit_logistic(x: np.ndarray, y: np.ndarray, shapes: Shapes) -> dict[str, float]:
    """Least-squares logistic: the best of the shapes, refined. Returns before, after, centre, width."""
    finite = shapes.where(np.isfinite(shapes.width))
    best = finite.misfit(y[:, None])[:, 0].argmin()
    start = np.array([finite.centre[best], np.log(finite.width[best])])
    low = np.array([min(shapes.centre.min(), start[0]), np.log(finite.width.min())])
    high = np.array([max(shapes.centre.max(), start[0]), np.log(finite.width.max())])

    def residuals(place: np.ndarray) -> np.ndarray:
        return y - _levels(x, y, place[0], np.exp(place[1]))[1]

    found = least_squares(residuals, start.clip(low + 1e-9, high - 1e-9), bounds=(low, high), x_scale=(0.1, 0.3)).x
    if (residuals(found) ** 2).sum() > (residuals(start) ** 2).sum():
        found = start
    (before, after), _ = _levels(x, y, found[0], np.exp(found[1]))
    return {"before": before, "after": after, "centre": float(found[0]), "width": float(np.exp(found[1]))}


def _levels(x: np.ndarray, y: np.ndarray, centre: float, width: float) -> tuple[tuple[float, float], np.ndarray]:
    """Least-squares levels before and after, given centre and width, and the fitted values."""
    rise = expit(TEN_TO_NINETY * (x - centre) / width)
    centred = rise - rise.mean()
    change = float(centred @ y / max(centred @ centred, 1e-14))
    before = float(y.mean() - change * rise.mean())
    return (before, before + change), before + change * rise


def _best_step(x: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """The split into two levels with the least misfit, with at least `EDGE` checkpoints on either side."""

    def split_misfit(first: int) -> float:
        return float(y[:first].var() * first + y[first:].var() * (len(y) - first))

    first = min(range(EDGE, len(y) - EDGE + 1), key=split_misfit)
    middle = float((x[first - 1] + x[first]) / 2)
    return {"before": float(y[:first].mean()), "after": float(y[first:].mean()), "centre": middle}
