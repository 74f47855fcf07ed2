"""What `benchmarks.sweep` times is the same work: the two forms agree, and a difference would be seen."""

import pandas as pd
import pytest

from benchmarks.sweep import TOLERANCE, Texts, common, kit, largest_difference
from course_utils.suites.load import load_suite


def test_both_forms_give_the_same_numbers():
    suite, texts = load_suite("pun-world"), Texts(240)
    ours, theirs = kit(suite, [700], texts), common(suite, [700], texts)
    assert ours.shape == (1, 1 + 4 + 4 + 16)
    assert largest_difference(ours, theirs) < TOLERANCE
    assert ours.filter(like="ablation").abs().max(axis=None) > 0.01


def test_a_difference_and_a_missing_number_are_seen():
    table = pd.DataFrame({"a": [1.0], "b": [2.0]})
    assert largest_difference(table, table + 0.5) == 0.5
    for other in (table[["a"]], table.assign(b=float("nan")), table.set_axis([7])):
        with pytest.raises(RuntimeError, match="cannot compare"):
            largest_difference(table, other)
