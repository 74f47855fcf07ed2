"""Values as JSON, both ways: the only form in which cases enter a kernel and answers leave it.

No pickle, no code: an answer is numbers, strings and arrays of numbers, or it is refused. Whatever reads an encoded
value may therefore trust its *form*; what the numbers say is for the comparators. Everything that JSON has no word for
is an object with a key ``"$"`` that names its kind:

======== ==============================================================================================
kind     fields
======== ==============================================================================================
float    ``value``: "nan", "inf" or "-inf" (ordinary floats are JSON numbers)
tuple    ``items``
set      ``items``, sorted
dict     ``items``: pairs of key and value
array    ``dtype``, ``shape``, ``data`` (little-endian bytes, base64), ``library``: "numpy" or "torch"
table    ``columns``: pairs of name and array; a pandas DataFrame without its index
======== ==============================================================================================
"""

import base64
import math
import sys

import numpy as np

MAX_DEPTH = 12
MAX_DIMENSIONS = 8
DTYPES = frozenset(
    ["bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
    + ["float16", "float32", "float64", "complex64", "complex128"]
)


class NotPlainData(TypeError):
    """A value that cannot be handed out, or a text that is not an encoded value."""


def encode(value: object, depth: int = 0) -> object:
    """The JSON form of a value: None, bool, int, float, str, list, tuple, set, dict, array, tensor, table.

    Raises NotPlainData for anything else, subclasses of these types included, and for nesting deeper than MAX_DEPTH.
    """
    if depth > MAX_DEPTH:
        raise NotPlainData(
            f"the value is nested more than {MAX_DEPTH} levels deep; return numbers, arrays or a flat list"
        )
    if isinstance(value, np.generic):
        value = value.item()
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$": "float", "value": str(value)}
    if kind is list:
        return [encode(item, depth + 1) for item in value]
    return _encode_container(value, depth)


def _encode_container(value: object, depth: int) -> dict:
    kind = type(value)
    if kind is tuple:
        return {"$": "tuple", "items": [encode(item, depth + 1) for item in value]}
    if kind in (set, frozenset):
        return {
            "$": "set",
            "items": [encode(item, depth + 1) for item in sorted(value, key=repr)],
        }
    if kind is dict:
        return {"$": "dict", "items": [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]}
    if kind is np.ndarray:
        return _encode_array(value, "numpy")
    if _is_torch_tensor(value):
        return _encode_array(_tensor_to_array(value), "torch")
    if _is_table(value):
        columns = [[str(name), _encode_array(value[name].to_numpy(), "numpy")] for name in value.columns]
        return {"$": "table", "columns": columns}
    raise NotPlainData(
        f"a value of type {kind.__module__}.{kind.__qualname__} cannot be checked; "
        "return a number, a string, an array, a tensor, or a list, tuple, set, dict or DataFrame of these"
    )


def _is_torch_tensor(value: object) -> bool:
    torch = sys.modules.get("torch")  # a tensor cannot exist where torch was never imported
    return torch is not None and type(value) in (torch.Tensor, torch.nn.Parameter)


def _is_table(value: object) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and type(value) is pandas.DataFrame


def _tensor_to_array(tensor) -> np.ndarray:
    tensor = tensor.detach().cpu()
    return (tensor.float() if str(tensor.dtype) == "torch.bfloat16" else tensor).numpy()


def _encode_array(array: np.ndarray, library: str) -> dict:
    if array.dtype == object:
        return _encode_array(_numbers_from_objects(array), library)
    if array.dtype.name not in DTYPES:
        raise NotPlainData(f"an array of dtype {array.dtype} cannot be checked; return an array of numbers")
    little = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"$": "array", "dtype": array.dtype.name, "shape": list(array.shape), "data": data, "library": library}


def _numbers_from_objects(array: np.ndarray) -> np.ndarray:
    """An object array whose entries are all plain numbers or None, as float64 with NaN for None."""
    if not all(item is None or type(item) in (bool, int, float) for item in array.flat):
        raise NotPlainData("an array of dtype object cannot be checked; return an array of numbers")
    return np.array([math.nan if item is None else float(item) for item in array.flat]).reshape(array.shape)


def decode(form: object, *, tensors: bool = False, depth: int = 0) -> object:
    """The value that an encoded form stands for; torch tensors come back as tensors only if asked for.

    Raises NotPlainData for anything that `encode` could not have written.
    """
    if depth > MAX_DEPTH:
        raise NotPlainData(f"nested more than {MAX_DEPTH} levels deep")
    if form is None or type(form) in (bool, int, str):
        return form
    if type(form) is float:
        return form
    if type(form) is list:
        return [decode(item, tensors=tensors, depth=depth + 1) for item in form]
    if type(form) is dict:
        return _decode_object(form, tensors, depth)
    raise NotPlainData(f"a {type(form).__name__} is not an encoded value")


def _decode_object(form: dict, tensors: bool, depth: int) -> object:
    def items(key: str) -> list:
        if type(form.get(key)) is not list:
            raise NotPlainData(f"an encoded {form.get('$')} needs a list under {key!r}")
        return form[key]

    def inner(item: object) -> object:
        return decode(item, tensors=tensors, depth=depth + 1)

    kind = form.get("$")
    if kind == "float" and form.get("value") in ("nan", "inf", "-inf"):
        return float(form["value"])
    if kind == "tuple":
        return tuple(inner(item) for item in items("items"))
    if kind == "set":
        return {_hashable(inner(item)) for item in items("items")}
    if kind == "dict":
        return {_hashable(inner(key)): inner(value) for key, value in map(_pair, items("items"))}
    if kind == "array":
        return _decode_array(form, tensors)
    if kind == "table":
        return _decode_table(items("columns"))
    raise NotPlainData("an object without a known kind is not an encoded value")


def _pair(item: object) -> list:
    if type(item) is not list or len(item) != 2:
        raise NotPlainData("an encoded dict or table holds pairs")
    return item


def _hashable(value: object) -> object:
    if type(value) not in (str, int, float, bool, tuple, type(None)):
        raise NotPlainData(f"a {type(value).__name__} can be no key and no member of a set")
    try:
        hash(value)
    except TypeError as error:
        raise NotPlainData("a key or a member of a set holds something that can change") from error
    return value


def _decode_array(form: dict, tensors: bool) -> object:
    dtype, shape, data = form.get("dtype"), form.get("shape"), form.get("data")
    if dtype not in DTYPES or type(data) is not str or type(shape) is not list or len(shape) > MAX_DIMENSIONS:
        raise NotPlainData("an encoded array needs a known dtype, a shape and data")
    if not all(type(length) is int and 0 <= length < 2**31 for length in shape):
        raise NotPlainData("an encoded array needs a shape of whole numbers")
    try:
        raw = base64.b64decode(data, validate=True)
    except ValueError as error:
        raise NotPlainData("an encoded array needs base64 data") from error
    little = np.dtype(dtype).newbyteorder("<")
    if math.prod(shape) * little.itemsize != len(raw):
        raise NotPlainData("an encoded array needs as many bytes as its shape and dtype say")
    array = np.frombuffer(raw, dtype=little).reshape(shape).astype(dtype)
    if tensors and form.get("library") == "torch":
        import torch

        return torch.from_numpy(array)
    return array


def _decode_table(columns: list) -> object:
    import pandas

    named = {name: _decode_array(form, tensors=False) for name, form in map(_pair, columns) if type(form) is dict}
    lengths = {array.shape for array in named.values()}
    if len(named) != len(columns) or len(lengths) > 1 or any(len(shape) != 1 for shape in lengths):
        raise NotPlainData("an encoded table needs columns of different names and one length")
    return pandas.DataFrame(named)
