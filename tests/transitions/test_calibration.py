"""A small part of benchmarks/transitions.py: the detector's error rates, with room for the chance of few runs.

A share is held against the count that a detector exactly at its limit would pass with 99.9 %, so that a failure means a fault
and not a seed. The whole study, with the tables of docs/transitions.md, takes half an hour.
"""

import numpy as np
import pytest
from scipy.stats import binom

from benchmarks.transitions import Cell, could_reach, run_once, studies, write_table

RUNS, SEED = 25, 11
SURE = 0.999


def share(study: str, cell: Cell, *columns: str) -> np.ndarray:
    """What some runs of a cell of the benchmark gave in each column: (RUNS,), or (n_columns, RUNS) for several."""
    (label,) = [label for label, known in studies()[study].cells.items() if known == cell]
    found = [run_once(study, label, SEED, run) for run in range(RUNS)]
    return np.array([[one[column] for one in found] for column in columns]).squeeze()


def at_most(limit: float) -> float:
    return binom.ppf(SURE, RUNS, limit)


def at_least(limit: float) -> float:
    return binom.ppf(1 - SURE, RUNS, limit)


@pytest.mark.parametrize(
    "cell",
    [Cell(8, shape="flat"), Cell(20, shape="flat"), Cell(8, shape="line", size=5), Cell(20, shape="line", size=5)],
)
def test_neither_noise_nor_lines_are_sudden(cell):
    assert share("false", cell, "sudden").sum() <= at_most(0.05)


@pytest.mark.parametrize("cell", [Cell(12, 2.0, width=0.05, size=10), Cell(20, 4.0, width=0.15, size=20)])
def test_planted_jumps_are_sudden_and_bracketed(cell):
    sudden, bracketed = share("sudden", cell, "sudden", "in bracket")
    assert sudden.sum() >= at_least(0.9)
    assert bracketed.sum() >= at_least(0.95)


def test_jumps_between_checkpoints_too_far_apart_are_unresolved():
    assert share("sparse", Cell(12, 8.0, width=0.05, size=20), "unresolved").sum() >= at_least(0.9)


@pytest.mark.parametrize("cell", [Cell(20, width=1.0, size=10), Cell(12, width=2.0, size=20)])
def test_planted_gradual_changes_are_gradual(cell):
    assert share("gradual", cell, "gradual").sum() >= at_least(0.9)


@pytest.mark.parametrize(
    ("study", "cell"),
    [
        ("sudden", Cell(12, 4.0, width=0.15, size=10)),
        ("sudden", Cell(20, 2.0, width=0.05, size=5)),
        ("gradual", Cell(20, width=1.0, size=5)),
    ],
)
def test_intervals_cover_the_place(study, cell):
    assert np.nansum(share(study, cell, "in interval")) >= at_least(0.92)


def test_thresholded_drifts_are_warned_about():
    assert share("twins", Cell(20, shape="line", size=100), "warns").sum() >= at_least(0.95)


def test_the_verdict_survives_thinning():
    cell = Cell(20, width=0.05, size=10)
    half, twice = share("thinned", cell, "half: same or unresolved", "twice: same")
    assert half.sum() >= at_least(0.9)
    assert twice.sum() >= at_least(0.9)


def test_what_could_be_reached_grows_with_size_and_checkpoints():
    reached = [could_reach(Cell(n, width=0.15, size=size), 1.0, True) for n, size in ((12, 5), (12, 10), (50, 10))]
    assert 0.05 < reached[0] < reached[1] < reached[2] <= 1


def test_tables_go_between_their_markers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- false: begin -->\nold\n<!-- false: end -->\nafter\n")
    write_table(page, "false", "new\n")
    assert page.read_text() == "before\n<!-- false: begin -->\nnew\n<!-- false: end -->\nafter\n"
    with pytest.raises(ValueError, match="expected the lines"):
        write_table(page, "sudden", "new\n")
