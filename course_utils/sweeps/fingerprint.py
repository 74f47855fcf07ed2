"""What makes a function the same function: its text, and every value it uses, as one hash.

A cached result may be used again only if computing it again would give the same. So the fingerprint of a function covers its
source and compiled form (two lambdas in one line have one source), its defaults, closure, `functools.partial` arguments,
the object that a bound method belongs to, and, one after the other, the global variables and functions that it names.
The kit counts as a whole, by its version and the text of its modules; other installed packages by name and version.

This is our own as no library does it: joblib's hash refuses functions that cannot be imported, such as those of a notebook;
cloudpickle's bytes, and dask's tokens, which are made of them, hold the file and line of the code, so that a cell that is run
again is another function, tell a function of a module by its name alone, and take a random generator for a constant.

Pitfall: what a function reads at run time from elsewhere (a file, a URL, a name that it makes up) cannot be seen. A
random generator has a state that use changes, so it is refused: make it inside the function, from a seed.
"""

import dis
import enum
import functools
import hashlib
import inspect
import random
import re
import sys
import sysconfig
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path, PurePath
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

import course_utils

KIT = "course_utils"
_PLAIN = (type(None), bool, int, float, complex, str, bytes, PurePath, range, slice, type(Ellipsis), np.generic)
_HEAP_TYPE = 1 << 9  # of a type that Python code made
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})


class NoFingerprintError(ValueError):
    """A function that cannot be told apart from another; the message says what in it, and what to do."""


def function_fingerprint(function: Callable[..., Any]) -> str:
    """SHA-256 over what a function is and uses (see the head of this file), as hexadecimal digits.

    Raises NoFingerprintError where a part has no source or cannot be compared.
    """
    digest = hashlib.sha256(kit_fingerprint().encode())
    for part in _parts(function, "the function", ()):
        digest.update(len(part).to_bytes(8, "big") + part)
    return digest.hexdigest()


@functools.lru_cache(maxsize=1)
def kit_fingerprint() -> str:
    """The version of the kit, and a hash of its modules' text, so that a kit under work is not mistaken for itself."""
    digest, root = hashlib.sha256(), Path(course_utils.__file__).parent
    for path in sorted(root.rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + path.read_bytes())
    return f"{kit_version()} {digest.hexdigest()}"


def kit_version() -> str:
    """The installed version; "0" where the kit is used from its folder without an install."""
    try:
        return version("training-dynamics-kit")
    except PackageNotFoundError:
        return "0"


def _parts(value: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    """The bytes that tell a value from others; `above` are the ids of what it is a part of."""
    yield type(value).__qualname__.encode()
    if isinstance(value, _PLAIN):
        yield repr(value).encode()
    elif id(value) in above:
        yield f"itself, {above.index(id(value))} levels up".encode()
    else:
        yield from _compound(value, where, (id(value), *above))


def _compound(value: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    if isinstance(value, functools.partial):
        yield from _each([value.func, list(value.args), value.keywords], where, above)
    elif isinstance(value, MethodType):
        yield from _each([value.__func__, value.__self__], where, above)
    elif isinstance(value, FunctionType) and not _is_installed(value.__module__):
        yield from _function(value, where, above)
    elif isinstance(value, ModuleType):
        yield _named(value.__name__, "").encode()
    elif isinstance(value, (FunctionType, BuiltinFunctionType, type)) or _is_wrapped(value):
        yield from _named_or_class(value, where, above)
    elif isinstance(value, CodeType):
        yield from _code(value, where, above)
    else:
        yield from _data(value, where, above)


def _named_or_class(value: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    module = getattr(value, "__module__", None) or ""
    yield _named(module, getattr(value, "__qualname__", repr(value))).encode()
    if isinstance(value, type) and not _is_installed(module):
        members = {name: member for name, member in vars(value).items() if not _is_bookkeeping(name, member)}
        yield from _each([list(value.__bases__), members], f"{where}, class {value.__name__}", above)
    elif not isinstance(value, type) and not _is_installed(module):
        raise NoFingerprintError(f"{where}: {value!r} has no source that can be read")


def _data(value: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    if isinstance(value, Mapping):
        items = list(value.items())
        yield from _each([part for item in items for part in item], where, above)
    elif isinstance(value, (list, tuple)):
        yield from _each(value, where, above)
    elif isinstance(value, (set, frozenset)):
        yield from sorted(hashlib.sha256(b"".join(_parts(item, where, above))).digest() for item in value)
    elif isinstance(value, enum.Enum):
        yield from _each([type(value), value.name], where, above)
    elif isinstance(value, (property, classmethod, staticmethod)):
        held = [value.fget, value.fset] if isinstance(value, property) else [value.__func__]
        yield from _each(held, where, above)
    else:
        yield from _array_or_object(value, where, above)


def _array_or_object(value: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    torch, pandas = sys.modules.get("torch"), sys.modules.get("pandas")
    if isinstance(value, np.ndarray) and value.dtype != object:
        yield f"{value.dtype} {value.shape}".encode() + np.ascontiguousarray(value).tobytes()
    elif torch is not None and isinstance(value, torch.Tensor):
        flat = value.detach().cpu().contiguous().flatten()
        yield f"{value.dtype} {tuple(value.shape)}".encode() + flat.view(torch.uint8).numpy().tobytes()
    elif torch is not None and isinstance(value, (torch.dtype, torch.device)):
        yield str(value).encode()
    elif torch is not None and isinstance(value, torch.nn.Module):
        yield from _each([type(value), repr(value), dict(value.state_dict())], where, above)
    elif pandas is not None and isinstance(value, (pandas.DataFrame, pandas.Series, pandas.Index)):
        yield from _each([value.to_numpy().tolist(), _labels(value)], where, above)
    else:
        yield from _object(value, where, above)


def _object(value: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    """An object that is none of the well-known ones: by its class and its attributes, where these are all of it."""
    if hasattr(value, "weights_hash") and hasattr(value, "steps"):  # a suite; its weights are told of step by step
        yield from _each([type(value).__qualname__, value.name, list(value.steps)], where, above)
    elif hasattr(value, "backend_tokenizer"):
        yield from _each([value.backend_tokenizer.to_str(), getattr(value, "padding_side", None)], where, above)
    elif isinstance(value, re.Pattern):
        yield from _each([value.pattern, value.flags], where, above)
    elif is_dataclass(value):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        yield from _each([type(value), named], where, above)
    elif _is_told_by_attributes(value):
        yield from _each([type(value), vars(value)], where, above)
    else:
        raise NoFingerprintError(
            f"{where}: a {type(value).__module__}.{type(value).__qualname__} cannot be compared with one of another day. "
            "Use plain values (numbers, text, arrays) instead, make it inside the function, or sweep without cache_dir"
        )


def _function(function: FunctionType, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    where = f"{where} {function.__name__}" if where == "the function" else f"{where}, {function.__name__}"
    try:
        yield inspect.getsource(function).encode()
    except (OSError, TypeError) as error:
        raise NoFingerprintError(
            f"{where}: its source cannot be read ({error}). Define it in a notebook cell or a file, or sweep without "
            "cache_dir"
        ) from error
    yield from _code(function.__code__, where, above)
    yield from _each([function.__defaults__, function.__kwdefaults__], where, above)
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        yield from _parts(cell.cell_contents, f"{where}, variable {name}", above)
    for name in sorted(_global_names(function.__code__)):
        if name in function.__globals__:
            yield name.encode()
            yield from _parts(function.__globals__[name], f"{where}, variable {name}", above)


def _code(code: CodeType, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    yield code.co_code
    yield from _each([list(code.co_consts), list(code.co_names)], where, above)


def _global_names(code: CodeType) -> set[str]:
    names = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    inner = (const for const in code.co_consts if isinstance(const, CodeType))
    return names.union(*map(_global_names, inner))


def _each(values: Any, where: str, above: tuple[int, ...]) -> Iterator[bytes]:
    yield str(len(values)).encode()
    for value in values:
        yield from _parts(value, where, above)


@functools.cache
def _is_installed(module: str | None) -> bool:
    """Whether a module belongs to Python, an installed package, or the kit, which have versions."""
    top = (module or "").partition(".")[0]
    if top == "__main__":
        return False
    if top in (KIT, "builtins") or top in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(module or ""), "__file__", None) or getattr(sys.modules.get(top), "__file__", None)
    return file is not None and str(file).startswith(_INSTALLED)


def _named(module: str, name: str) -> str:
    top = module.partition(".")[0]
    known = getattr(sys.modules.get(top), "__version__", "")
    return f"{module}.{name} {known}"


def _is_wrapped(value: Any) -> bool:
    """A callable of compiled code, such as numpy's functions or torch.nn.functional's."""
    return callable(value) and hasattr(value, "__name__") and not hasattr(value, "__dict__")


def _is_bookkeeping(name: str, member: Any) -> bool:
    """What Python puts into a class by itself, or what cannot change a result."""
    kept = name in (
        "__init__",
        "__call__",
        "__post_init__",
        "__new__",
        "__getattr__",
        "__getitem__",
        "__len__",
        "__iter__",
    )
    return (
        name.startswith("__")
        and name.endswith("__")
        and not kept
        or name == "_abc_impl"
        or inspect.isgetsetdescriptor(member)
    )


def _is_told_by_attributes(value: Any) -> bool:
    """Whether an object's `__dict__` is all of it: no slots, no state in compiled code, no generator's."""
    if not hasattr(value, "__dict__") or isinstance(value, random.Random):
        return False
    return not any("__slots__" in vars(kind) or not kind.__flags__ & _HEAP_TYPE for kind in type(value).__mro__[:-1])


def _labels(table: Any) -> list[str]:
    return [str(label) for axis in getattr(table, "axes", []) for label in axis]
