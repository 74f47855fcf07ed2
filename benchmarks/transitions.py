"""How often does the transition detector err? Planted curves, a few hundred for each kind, and what it says of them.

    python -m benchmarks.transitions                              all studies, 200 runs a cell (half an hour on 2 cores)
    python -m benchmarks.transitions --only gradual --runs 200    one study
    python -m benchmarks.transitions --write docs/transitions.md  also: put each table between its markers in that file

Run it from the root of the repository. A cell is one kind of curve. Its noise is Gaussian with standard deviation 1, and the
size of a change is told in that unit. Unless a cell says otherwise checkpoints are evenly spaced in log step, and the place
of a change is drawn anew for each run, evenly over the middle half of the range. Shares are told in per cent; with 200 runs
their standard error is 1.5 points at 95 % and 3.5 at 50 %.

`could` is the share that the best possible test reaches at the same 5 % risk, if it were told the true shape and place and
had only the noise to estimate: the one-sided F test of a change over a decade against the planted one (or of one within
0.15 decades). Where that is under 90 %, no detector that keeps to 5 % can reach 90 %.
"""

import argparse
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # one thread a process: the processes share the cores

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from scipy.stats import nct, t  # noqa: E402
from tqdm import tqdm  # noqa: E402

from course_utils.transitions import (  # noqa: E402
    VERDICTS,
    Transition,
    compare_transitions,
    count_changes,
    describe_transition,
    thresholded_twin,
)
from course_utils.transitions.curves import step_axis  # noqa: E402
from course_utils.transitions.fits import GRADUAL_WIDTH, SHARP_WIDTH, logistic  # noqa: E402

N_BOOT = 399  # of each description here; the default is larger and slower, with the same error rates
FULL_RANGE = 4.0  # decades


@dataclass(frozen=True)
class Cell:
    """One kind of curve: checkpoints, span in decades, shape, 10-90 % width and size of its change, noise, and spacing."""

    n: int
    span: float = FULL_RANGE
    shape: str = "logistic"
    width: float = float("nan")
    size: float = float("nan")
    noise: str = "normal"
    grid: str = "even"
    extra: dict = field(default_factory=dict, hash=False)

    @property
    def steps(self) -> np.ndarray:
        if self.grid == "linear":
            return np.arange(1, self.n + 1) * 500
        if self.grid == "random":
            return 10 ** np.sort(np.random.default_rng(self.n).uniform(0, self.span, self.n))
        if self.grid == "doubling":
            return np.array([0, *2 ** np.arange(self.n - 1)])
        if self.grid == "Pythia":
            return np.array([0, *2 ** np.arange(10), *range(1000, 144_000, 1000)])
        return 10 ** np.linspace(0, self.span, self.n)

    @property
    def x(self) -> np.ndarray:
        return step_axis(self.steps)

    def draw(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, float]:
        """Steps, values, and the true place in decades (nan where there is none)."""
        x = self.x
        centre = x[0] + rng.uniform(0.25, 0.75) * (x[-1] - x[0])
        size = 0.0 if self.shape == "flat" else self.size
        values = size * self.curve(centre) + noise(self.noise, self.n, rng)
        return self.steps, values, centre if self.shape in ("logistic", "ramp") else float("nan")

    def curve(self, centre: float) -> np.ndarray:
        x = self.x
        if self.shape == "flat":
            return np.zeros_like(x)
        if self.shape == "line":
            return (x - x[0]) / (x[-1] - x[0])
        if self.shape == "ramp":  # straight from nothing to all, with corners
            return np.clip((x - centre) / (self.width / 0.8) + 0.5, 0, 1)
        if self.shape == "power law":  # loss = step^-a, which never was flat
            return (10 ** (-self.width * x) - 10 ** (-self.width * self.span)) / (1 - 10 ** (-self.width * self.span))
        if self.shape == "two jumps":
            return sum(logistic(x, 0, 0.5, place * self.span, self.width) for place in (0.25, 0.75))
        return logistic(x, 0, 1, centre, self.width)


def noise(kind: str, n: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of standard deviation 1: normal, heavy-tailed (Student's t with 3 degrees), or drifting (correlation 0.5)."""
    if kind == "heavy":
        return rng.standard_t(3, n) / np.sqrt(3)
    draws = rng.standard_normal(n)
    if kind == "drifting":
        for place in range(1, n):
            draws[place] = 0.5 * draws[place - 1] + np.sqrt(0.75) * draws[place]
    return draws


def could_reach(cell: Cell, limit: float, at_least: bool) -> float:
    """Power of the one-sided 5 % test of shapes with a width limit against the cell's own, mean over places."""
    powers = []
    for centre in np.linspace(0.25, 0.75, 11) * cell.span:
        truth = cell.size * cell.curve(centre)
        widths = limit * (np.geomspace(1, 8, 8) if at_least else np.geomspace(1 / 8, 1, 8))
        centres = np.linspace(cell.x[1], cell.x[-2], 40 * int(cell.span + 1))
        shapes = logistic(cell.x, 0, 1, centres[:, None, None], widths[:, None])
        shapes = shapes - shapes.mean(axis=-1, keepdims=True)
        length = np.maximum((shapes**2).sum(axis=-1), 1e-12)
        left = ((truth - truth.mean()) ** 2).sum() - ((shapes @ (truth - truth.mean())) ** 2 / length).max()
        freedom = cell.n - 4
        powers.append(nct.sf(t.ppf(0.95, freedom), freedom, np.sqrt(max(left, 0.0))))
    return float(np.mean(powers))


# What one run of a cell gives: numbers that are averaged over runs


def described(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    steps, values, centre = cell.draw(rng)
    found = describe_transition(steps, values, n_boot=N_BOOT, seed=int(rng.integers(2**32)))
    return {**verdicts(found), **covered(found, centre, cell.width)}


def verdicts(found: Transition) -> dict[str, float]:
    return {verdict: float(found.verdict == verdict) for verdict in VERDICTS}


def covered(found: Transition, centre: float, width: float) -> dict[str, float]:
    """Whether bracket, interval and width interval hold the truth; nan where no place was given."""
    if found.step is None or np.isnan(centre):
        return dict.fromkeys(("in bracket", "in interval", "width above low", "width below high"), float("nan"))
    low, high = found.width_interval
    return {
        "in bracket": float(found.bracket[0] * (1 - 1e-9) <= 10**centre <= found.bracket[1] * (1 + 1e-9)),
        "in interval": float(found.interval[0] <= 10**centre <= found.interval[1]),
        "width above low": float(low <= width),
        "width below high": float(width <= high),
    }


def rows_described(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    """Rows (seeds or items) with places that scatter; the place asked for is that of the population's mean curve."""
    centre, scatter, n_rows = rng.uniform(0.35, 0.65) * cell.span, cell.extra["scatter"], cell.extra["rows"]
    places = centre + scatter * rng.standard_normal(n_rows)
    rows = np.stack([cell.size * cell.curve(place) + noise(cell.noise, cell.n, rng) for place in places])
    rows += rng.standard_normal((n_rows, 1)) * cell.extra.get("offsets", 0.0)
    found = describe_transition(10**cell.x, rows, n_boot=N_BOOT, seed=int(rng.integers(2**32)))
    return {**verdicts(found), **covered(found, centre, cell.width)}


def twins(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    steps, values, _ = cell.draw(rng)
    if (n_items := cell.extra.get("items", 1)) > 1:
        values = values + cell.extra["spread"] * rng.standard_normal((n_items, 1))
    twin = thresholded_twin(steps, values, n_boot=N_BOOT, seed=int(rng.integers(2**32)))
    return {
        "warns": float(twin.warning is not None),
        "continuous sudden": float(twin.continuous.verdict == "sudden"),
        "thresholded sudden": float(twin.thresholded.verdict == "sudden"),
    }


def thinned(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    """The same curve whole, with every second checkpoint, and with every checkpoint given twice."""
    steps, values, _ = cell.draw(rng)
    whole, half, twice = (
        describe_transition(steps[kept], values[kept], n_boot=N_BOOT, seed=int(rng.integers(2**32)))
        for kept in (slice(None), slice(None, None, 2), np.repeat(np.arange(cell.n), 2))
    )
    return {
        "half: same or unresolved": float(half.verdict in (whole.verdict, "unresolved")),
        "half: same": float(half.verdict == whole.verdict),
        "half: intervals overlap": _overlap(whole, half),
        "twice: same": float(twice.verdict == whole.verdict),
        "twice: intervals overlap": _overlap(whole, twice),
    }


def _overlap(one: Transition, other: Transition) -> float:
    if one.interval is None or other.interval is None:
        return float("nan")
    return float(one.interval[0] <= other.interval[1] and other.interval[0] <= one.interval[1])


def lags(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    """Two curves a known lag apart: is the lag covered, and are they ordered, and rightly?"""
    centre, lag = rng.uniform(0.3, 0.5) * cell.span, cell.extra["lag"]
    n_rows, scatter = cell.extra.get("rows", 1), cell.extra.get("scatter", 0.0)
    places = centre + scatter * rng.standard_normal(n_rows)
    curves = {
        name: np.stack([cell.size * cell.curve(p + shift) + noise(cell.noise, cell.n, rng) for p in places])
        for name, shift in (("a", 0.0), ("b", lag))
    }
    settings = dict(paired=n_rows > 1, n_boot=N_BOOT, seed=int(rng.integers(2**32)))
    pair = compare_transitions(curves, 10**cell.x, **settings).lags.iloc[0]
    sign = 1 if pair["first"] == "a" else -1
    low, high = sorted((sign * pair["low"], sign * pair["high"]))
    return {
        "lag in interval": float("nan") if np.isnan(low) else float(low <= lag <= high),
        "a before b": float(pair["finding"] == "a before b"),
        "b before a": float(pair["finding"] == "b before a"),
    }


def counts(cell: Cell, rng: np.random.Generator) -> dict[str, float]:
    steps, values, _ = cell.draw(rng)
    number = count_changes(steps, values, n_boot=N_BOOT, seed=int(rng.integers(2**32))).count
    return {f"{count} changes": float(number == count) for count in range(4)}


# Which cells a study has, and what its table shows


@dataclass(frozen=True)
class Study:
    """A question, its cells by label, what one run gives, and the columns of its table."""

    title: str
    cells: dict[str, Cell]
    run: Callable[[Cell, np.random.Generator], dict[str, float]]
    columns: tuple[str, ...]
    could: tuple[float, bool] | None = None


def _label(cell: Cell) -> str:
    parts = [f"{cell.n} checkpoints", f"{cell.span:g} decades" if cell.grid == "even" else f"{cell.grid} spacing"]
    if cell.shape not in ("flat", "logistic"):
        parts.append(cell.shape)
    if not np.isnan(cell.width):
        parts.append(f"{'exponent' if cell.shape == 'power law' else 'width'} {cell.width:g}")
    if not np.isnan(cell.size):
        parts.append(f"size {cell.size:g}")
    if cell.noise != "normal":
        parts.append(f"{cell.noise} noise")
    return ", ".join([*parts, *(f"{name} {value:g}" for name, value in cell.extra.items())])


def _cells(*cells: Cell) -> dict[str, Cell]:
    return {_label(cell): cell for cell in cells}


def studies() -> dict[str, Study]:
    everything = (*VERDICTS, "in bracket", "in interval", "width above low", "width below high")
    grids = ((12, 1.0), (12, 2.0), (12, 4.0), (20, 2.0), (20, 4.0), (50, 4.0), (150, 4.0))
    flat = [Cell(n, shape="flat") for n in (8, 12, 20, 150)]
    lines = [Cell(n, shape="line", size=size) for n in (8, 12, 20, 150) for size in (5, 20)]
    sudden = [Cell(n, s, width=w, size=a) for n, s in grids for w in (0.05, 0.15) for a in (5, 10, 20)]
    sparse = [Cell(n, s, width=0.05, size=a) for n, s in ((12, 6.0), (12, 8.0)) for a in (5, 20)]
    gradual = [Cell(n, width=w, size=a) for n in (12, 20, 50, 150) for w in (1.0, 2.0) for a in (5, 10, 20)]
    between = [Cell(n, width=w, size=a) for n in (20, 150) for w in (0.3, 0.5) for a in (10, 20)]
    return {
        "false": Study("1. No sudden change: noise, and lines in log step", _cells(*flat, *lines), described, VERDICTS),
        "sudden": Study(
            "2. Planted sudden changes", _cells(*sudden), described, everything, could=(GRADUAL_WIDTH, True)
        ),
        "sparse": Study("2b. Sudden, between checkpoints too far apart", _cells(*sparse), described, everything),
        "gradual": Study(
            "3. Planted gradual changes", _cells(*gradual), described, everything, could=(SHARP_WIDTH, False)
        ),
        "between": Study("3b. Widths between the two", _cells(*between), described, everything),
        "spacing": Study("3c. Other spacings", _spacing_cells(), described, everything),
        "rows": Study(
            "4. Several rows: seeds or items whose places scatter", _rows_cells(), rows_described, everything[:6]
        ),
        "twins": Study(
            "5. Thresholded twins", _twin_cells(), twins, ("warns", "continuous sudden", "thresholded sudden")
        ),
        "thinned": Study(
            "6. Every second checkpoint left out, or each given twice", _thinned_cells(), thinned, _THINNED
        ),
        "lags": Study("7. Two events", _lag_cells(), lags, ("lag in interval", "a before b", "b before a")),
        "counts": Study("8. Counting changes", _count_cells(), counts, tuple(f"{count} changes" for count in range(4))),
        "limits": Study("9. Where the assumptions fail", _limit_cells(), described, everything[:6]),
    }


_THINNED = (
    "half: same or unresolved",
    "half: same",
    "half: intervals overlap",
    "twice: same",
    "twice: intervals overlap",
)


def _spacing_cells() -> dict[str, Cell]:
    """Linear (500, 1000, ...), drawn evenly at random over 4 decades, 0 and doublings, and Pythia's 154 checkpoints."""
    grids = (("linear", 24), ("random", 24), ("doubling", 16), ("Pythia", 154))
    shapes = (
        Cell(0, shape="flat"),
        Cell(0, shape="line", size=10),
        Cell(0, width=0.1, size=10),
        Cell(0, width=1.0, size=10),
    )
    return _cells(*(replace(cell, n=n, grid=grid) for grid, n in grids for cell in shapes))


def _rows_cells() -> dict[str, Cell]:
    seeds = [
        Cell(n, width=0.1, size=10, extra={"rows": rows, "scatter": scatter})
        for n in (20, 50)
        for rows in (3, 5, 10)
        for scatter in (0.05, 0.2)
    ]
    items = [Cell(20, width=w, size=2, extra={"rows": 60, "scatter": 0.3, "offsets": 1.0}) for w in (0.3, 1.0)]
    return _cells(*seeds, *items)


def _twin_cells() -> dict[str, Cell]:
    smooth = [Cell(n, shape="line", size=s) for n in (12, 20, 50) for s in (20, 50, 100)]
    items = [
        Cell(n, shape="line", size=50, extra={"items": 40, "spread": spread})
        for n in (12, 20, 50)
        for spread in (0.5, 2)
    ]
    real = [Cell(n, width=0.05, size=20) for n in (20, 50)]
    return _cells(*smooth, *items, *real)


def _thinned_cells() -> dict[str, Cell]:
    planted = [Cell(n, width=w, size=10) for n in (15, 20, 50, 150) for w in (0.05, 0.15, 1.0, 2.0)]
    return _cells(*planted, *(Cell(n, shape="flat") for n in (15, 50)), Cell(20, shape="line", size=10))


def _lag_cells() -> dict[str, Cell]:
    single = [Cell(n, width=w, size=10, extra={"lag": lag}) for n in (20, 50) for w in (0.1, 1.0) for lag in (0.0, 0.8)]
    seeds = [
        Cell(50, width=0.1, size=10, extra={"lag": lag, "rows": rows, "scatter": 0.3})
        for rows in (5, 10)
        for lag in (0.0, 0.4)
    ]
    return _cells(*single, *seeds)


def _count_cells() -> dict[str, Cell]:
    shapes = [
        Cell(20, shape="flat"),
        Cell(20, shape="line", size=10),
        Cell(20, width=0.1, size=10),
        Cell(20, width=1.0, size=10),
        Cell(20, shape="two jumps", width=0.1, size=20),
    ]
    return _cells(*(replace(cell, n=n) for n in (12, 20, 50) for cell in shapes))


def _limit_cells() -> dict[str, Cell]:
    sizes = [
        Cell(20, shape="flat", noise="heavy"),
        Cell(20, shape="flat", noise="drifting"),
        Cell(20, shape="line", size=10, noise="heavy"),
        Cell(20, shape="line", size=10, noise="drifting"),
        Cell(20, width=0.1, size=10, noise="heavy"),
        Cell(20, width=0.1, size=10, noise="drifting"),
        Cell(20, width=1.0, size=10, noise="drifting"),
        Cell(20, shape="ramp", width=0.15, size=10),
        Cell(20, shape="ramp", width=1.5, size=10),
        Cell(20, shape="power law", width=0.5, size=10),
        Cell(20, shape="power law", width=1.0, size=10),
        Cell(20, shape="two jumps", width=0.05, size=10),
        Cell(20, shape="two jumps", width=0.05, size=20),
    ]
    return _cells(*sizes, *(replace(cell, n=150) for cell in sizes))


# Running and writing


def run_once(study: str, label: str, seed: int, run: int) -> dict[str, float]:
    """One run of one cell; the same seed and run give the same curve, whatever else is run."""
    entry = studies()[study]
    words = [seed, run, *label.encode()]
    return entry.run(entry.cells[label], np.random.default_rng(words))


def table(study: Study, shares: dict[str, dict[str, float]]) -> pd.DataFrame:
    """One row a cell, in per cent, with the best possible share where the study has one."""
    frame = 100 * pd.DataFrame(shares).T[list(study.columns)]
    if study.could is not None:
        frame["could"] = [100 * could_reach(study.cells[label], *study.could) for label in frame.index]
    return frame.round(1)


def markdown(study: Study, frame: pd.DataFrame, runs: int, seed: int) -> str:
    measured = f"*{runs} runs a row, seed {seed}, {N_BOOT} bootstrap draws; per cent of runs.*"
    lines = [f"### {study.title}", "", measured, "", "| curve | " + " | ".join(frame.columns) + " |"]
    lines.append("|---|" + "---:|" * len(frame.columns))
    for label, row in frame.iterrows():
        lines.append(f"| {label} | " + " | ".join("" if np.isnan(share) else f"{share:.1f}" for share in row) + " |")
    return "\n".join([*lines, ""])


def measure(names: list[str], runs: int, workers: int, seed: int) -> Iterator[tuple[str, str]]:
    """The name of each study and its Markdown table, as it is finished."""
    with ProcessPoolExecutor(workers) as pool:
        for name in names:
            study, shares = studies()[name], {}
            for label in tqdm(study.cells, desc=name):
                results = pool.map(partial(run_once, name, label, seed), range(runs), chunksize=max(1, runs // 20))
                shares[label] = pd.DataFrame(list(results)).mean().to_dict()
            yield name, markdown(study, table(study, shares), runs, seed)


def write_table(path: Path, name: str, text: str) -> None:
    """Put a study's table between its markers in a file. Raises ValueError for a file without them."""
    begin, end, page = f"<!-- {name}: begin -->", f"<!-- {name}: end -->", path.read_text()
    if begin not in page or end not in page:
        raise ValueError(f"{path}: expected the lines {begin} and {end}, between which the table goes")
    path.write_text(page[: page.index(begin) + len(begin)] + "\n" + text + page[page.index(end) :])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=200, help="curves for each cell")
    parser.add_argument("--workers", type=int, default=2, help="processes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", nargs="+", choices=list(studies()), default=list(studies()), help="some studies only")
    parser.add_argument("--write", type=Path, help="a Markdown file with the two markers")
    chosen = parser.parse_args()
    for name, text in measure(chosen.only, chosen.runs, chosen.workers, chosen.seed):
        print(text, flush=True)
        if chosen.write:
            write_table(chosen.write, name, text)


if __name__ == "__main__":
    main()
