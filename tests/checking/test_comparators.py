"""Comparators accept every defensible form of the right answer, and refuse each wrong one with its own message."""

import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from course_utils.checking import comparators
from course_utils.checking.comparators import (
    close,
    exact_integers,
    same_set,
    same_truth,
    step_in_bracket,
    table,
    up_to_permutation,
    up_to_sign,
)

ARRAY = np.array([[1.0, 2.0], [3.0, 4.0]])


def test_close_accepts_float32_for_float64_and_says_where_values_differ():
    assert close(rtol=1e-5).compare(ARRAY.astype(np.float32), ARRAY) is None
    mismatch = close().compare(np.array([[1.0, 2.0], [3.0, 4.5]]), ARRAY)
    assert (mismatch.got, mismatch.expected) == ("4.5 at [1, 1]", "4.0")
    assert "1 of 4 values differ" in mismatch.reason


@pytest.mark.parametrize(
    ("got", "said"),
    [
        (None, "is there a return?"),
        ("4", "a string"),
        ([1.0, 2.0], "a list"),
        (True, "True or False"),
        (ARRAY[0], "shape (2,)"),
        (ARRAY[None], "shape (1, 2, 2)"),
        (ARRAY.astype(int), "whole numbers"),
        (ARRAY > 0, "bool"),
        (np.where(ARRAY > 3, np.nan, ARRAY), "NaN"),
        (np.where(ARRAY > 3, np.inf, ARRAY), "infinite"),
        (np.float64(3.0).item(), "shape () (one number)"),
    ],
)
def test_close_refuses_type_shape_dtype_and_non_finite_values_each_in_its_own_words(got, said):
    assert said in str(close().compare(got, ARRAY))


def test_close_never_broadcasts():
    assert close().compare(np.ones((1, 2)), np.ones((2, 2))) is not None
    assert close().compare(1.0, np.ones(3)) is not None


def test_close_shows_enough_digits_to_tell_two_numbers_apart():
    mismatch = close(rtol=0, atol=1e-9).compare(1.2345678, 1.2345679)
    assert mismatch.got != mismatch.expected


def test_close_with_nan_allowed_wants_it_in_the_same_places():
    expected = np.array([np.nan, 1.0])
    assert close(allow_nan=True).compare(expected.copy(), expected) is None
    assert close(allow_nan=True).compare(np.array([1.0, np.nan]), expected) is not None
    assert close(allow_nan=True).compare(np.array([0.0, 1.0]), expected) is not None


def test_exact_integers_accept_lists_for_tuples_and_refuse_floats_booleans_and_lengths():
    compare = exact_integers().compare
    assert compare([3, None], (3, None)) is None
    assert compare(np.array([1, 2]), [1, 2]) is None
    assert "a float is no whole number" in str(compare(3.0, 3))
    assert compare(True, 1) is not None
    assert compare(None, 3) is not None
    assert "2 values, where 1 were expected" in str(compare([1, 2], [1]))
    assert compare(3, (3,)) is not None


def test_same_set_ignores_order_and_names_what_is_missing_and_what_is_too_many():
    compare = same_set().compare
    for right in ([3, 1], (1, 3), {1, 3}, np.array([3, 1])):
        assert compare(right, [1, 3]) is None
    assert compare([], []) is None
    assert compare(np.array([]), []) is None
    assert "missing 3; too many 4, 5" in str(compare([1, 4, 5], [1, 3]))
    assert "more than once" in str(compare([1, 1, 3], [1, 3]))
    assert compare([1.0, 3.0], [1, 3]) is not None
    assert compare(np.array([[1, 3]]), [1, 3]) is not None


def test_up_to_sign_flips_whole_vectors_only():
    expected = np.array([[1.0, 2.0], [3.0, -4.0]])
    assert up_to_sign().compare(expected * [[-1], [1]], expected) is None
    assert up_to_sign().compare(np.abs(expected), expected) is not None
    assert up_to_sign(axis=0).compare(expected * [-1, 1], expected) is None
    assert up_to_sign().compare(5.0, 5.0) is None


def test_up_to_permutation_takes_rows_in_any_order_and_signs_only_if_told():
    rng = np.random.default_rng(0)
    expected = rng.standard_normal((6, 4))
    shuffled = expected[rng.permutation(6)]
    assert up_to_permutation().compare(shuffled, expected) is None
    assert up_to_permutation().compare(-shuffled, expected) is not None
    assert up_to_permutation(signs=True).compare(shuffled * rng.choice([-1, 1], (6, 1)), expected) is None
    assert up_to_permutation(axis=1).compare(expected[:, ::-1], expected) is None
    twice = shuffled.copy()
    twice[0] = twice[1]
    assert up_to_permutation().compare(twice, expected) is not None


def test_rows_that_are_right_in_their_order_need_no_search_for_another(monkeypatch):
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    expected = np.random.default_rng(0).standard_normal((6, 4))
    for signs in (False, True):
        assert up_to_permutation(signs=signs).compare(expected + 1e-9, expected) is None


@pytest.mark.parametrize(
    ("got", "right"), [(100, True), (300, True), (200.5, True), (99, False), (301, False), (None, False)]
)
def test_step_in_bracket_accepts_what_lies_between_the_neighbouring_checkpoints(got, right):
    inputs = {"steps": np.array([0, 100, 200, 300, 400])}
    assert (step_in_bracket().compare(got, 200, inputs) is None) is right


def test_step_in_bracket_wants_none_for_none_and_one_finite_number():
    inputs = {"steps": np.array([0, 100])}
    assert step_in_bracket().compare(None, None, inputs) is None
    assert step_in_bracket().compare(5, None, inputs) is not None
    assert step_in_bracket().compare(float("nan"), 100, inputs) is not None
    assert step_in_bracket().compare([100], 100, inputs) is not None


def test_table_compares_by_column_with_tolerances_of_their_own():
    expected = pd.DataFrame({"loss": [1.0, 2.0], "step": [1, 2]})
    assert table().compare(expected[["step", "loss"]], expected) is None
    assert table().compare({"loss": np.array([1.0, 2.0]), "step": np.array([1, 2])}, expected) is None
    assert "columns loss" in str(table().compare(expected[["loss"]], expected))
    off = expected.assign(loss=[1.0, 2.1])
    assert "loss: 2.1 at [1]" in str(table().compare(off, expected))
    assert table(tolerances={"loss": (0.1, 0.0)}).compare(off, expected) is None


ALL = [
    exact_integers(),
    close(),
    same_set(),
    same_truth(),
    up_to_sign(),
    up_to_permutation(signs=True),
    step_in_bracket(),
    table(),
]
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=5)
    | st.sets(st.integers() | st.text(max_size=2), max_size=3)
    | st.sampled_from([np.float64, np.int64, bool, np.complex64]).flatmap(
        lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3))
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("got", [0, 1, 1.0, "True", None, np.array(True), [True]])
def test_a_verdict_is_true_or_false_and_nothing_that_only_counts_as_one(got):
    assert same_truth().compare(True, True) is None
    assert same_truth().compare(False, True) is not None
    assert same_truth().compare(got, True) is not None and same_truth().compare(got, False) is not None


@pytest.mark.parametrize("comparator", ALL, ids=lambda comparator: comparator.name)
@given(got=PLAIN, expected=PLAIN)
def test_no_comparator_raises_whatever_it_is_given(comparator, got, expected):
    mismatch = comparator.compare(got, expected, {"steps": np.array([0, 1, 2])})
    assert mismatch is None or isinstance(mismatch, comparators.Mismatch)
    str(mismatch)


@pytest.mark.parametrize("comparator", ALL, ids=lambda comparator: comparator.name)
def test_comparators_travel_as_json(comparator):
    assert comparators.from_json(comparator.to_json()) == comparator


def test_a_table_may_hold_texts_which_have_to_be_equal():
    expected = {"verdict": "sudden", "words": ["hope", "interest"], "step": 3.0}
    assert table().compare(dict(expected), expected) is None
    mismatch = table().compare(expected | {"verdict": "gradual"}, expected)
    assert (mismatch.got, mismatch.expected) == ("verdict: 'gradual'", "'sudden'")
    assert table().compare(expected | {"words": ["interest", "hope"]}, expected) is not None
    assert table().compare(expected | {"words": [1.0, 2.0]}, expected) is not None
    assert table().compare(expected | {"step": "3.0"}, expected) is not None


def test_a_comparator_without_a_name_is_refused():
    with pytest.raises(TypeError, match="Nameless has no name of its own"):
        type("Nameless", (comparators.Comparator,), {})
