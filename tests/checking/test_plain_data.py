"""Plain data goes out and comes in unchanged; nothing else goes out, and nothing forged comes in."""

import json
import math

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from course_utils.checking.plain_data import MAX_DEPTH, NotPlainData, decode, encode

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=3) | st.integers(), inner, max_size=3)
        | st.sets(st.integers(), max_size=3)
    ),
    max_leaves=6,
)


def through_json(value: object, **options: object) -> object:
    return decode(json.loads(json.dumps(encode(value), allow_nan=False)), **options)


@given(VALUES)
def test_values_survive_the_way_through_json(value):
    returned = through_json(value)
    assert returned == value
    assert type(returned) is type(value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinity_travel_though_json_has_no_word_for_them(value):
    assert str(through_json(value)) == str(value)


@pytest.mark.parametrize("dtype", ["bool", "int8", "int64", "float16", "float32", "float64", "complex64"])
def test_arrays_keep_dtype_shape_and_values(dtype):
    array = np.arange(6).reshape(2, 3).astype(dtype)
    returned = through_json(array)
    assert returned.dtype == array.dtype
    np.testing.assert_array_equal(returned, array)


def test_arrays_that_are_not_contiguous_or_not_little_endian_or_without_axes():
    for array in (np.arange(12.0).reshape(3, 4)[:, ::2], np.arange(3, dtype=">f8"), np.array(5.0), np.zeros((0, 3))):
        np.testing.assert_array_equal(through_json(array), array)


def test_tensors_come_back_as_tensors_only_where_asked():
    tensor = torch.arange(4.0, requires_grad=True)
    assert isinstance(through_json(tensor), np.ndarray)
    assert torch.equal(through_json(tensor, tensors=True), tensor.detach())
    assert through_json(torch.ones(2, dtype=torch.bfloat16)).dtype == np.float32
    assert isinstance(through_json(np.ones(2), tensors=True), np.ndarray)


def test_numpy_numbers_are_numbers_and_tables_are_columns():
    assert type(through_json(np.float64(2.5))) is float
    assert type(through_json(np.int64(2))) is int
    table = pd.DataFrame({"step": [1, 2], "loss": [0.5, None]})
    pd.testing.assert_frame_equal(through_json(table), table)


class LyingFloat(float):
    def __eq__(self, other):
        return True


class LyingArray(np.ndarray):
    pass


@pytest.mark.parametrize(
    "value",
    [LyingFloat(1.0), np.ones(2).view(LyingArray), object(), lambda: 1, {1: object()}, np.array([object()]), b"bytes"],
    ids=["float subclass", "array subclass", "object", "function", "object in dict", "object array", "bytes"],
)
def test_what_is_not_plain_data_is_refused_in_words(value):
    with pytest.raises(NotPlainData, match="cannot be checked"):
        encode(value)


def test_nesting_has_an_end():
    value: list = []
    value.append(value)
    with pytest.raises(NotPlainData, match="levels deep"):
        encode(value)
    form: list = []
    for _ in range(MAX_DEPTH + 2):
        form = [form]
    with pytest.raises(NotPlainData, match="levels deep"):
        decode(form)


def array_form(**changes: object) -> dict:
    return {**encode(np.arange(4.0)), **changes}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"$": "pickle"},
        {"$": "float", "value": "1"},
        {"$": "tuple"},
        {"$": "dict", "items": [[1]]},
        {"$": "set", "items": [[1]]},
        {"$": "dict", "items": [[{"$": "tuple", "items": [[1]]}, 1]]},
        array_form(dtype="object"),
        array_form(dtype="O8"),
        array_form(shape=[5]),
        array_form(shape=[-4]),
        array_form(shape=[2**40, 2**40]),
        array_form(shape=[True] * 4),
        array_form(shape=[1] * 20),
        array_form(data="!!!!"),
        array_form(data=5),
        {"$": "table", "columns": [["a", 1]]},
        {"$": "table", "columns": [["a", array_form()], ["a", array_form()]]},
        {"$": "table", "columns": [["a", array_form()], ["b", encode(np.arange(3.0))]]},
    ],
)
def test_forged_forms_are_refused(form):
    with pytest.raises(NotPlainData):
        decode(form)
