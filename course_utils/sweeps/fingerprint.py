"""What makes a function the same function: its text, and every value it uses, as one hash.

A cached result may be used again only if computing it again would give the same. So the fingerprint of a function covers its
source and compiled form (two lambdas in one line have one source), its defaults, closure, attributes, and, one after the
other, the global variables, functions and modules that it names or imports. A student's own classes count with all their
methods, own modules by their text and by what is used of them, other objects by what pickle would write of them.
The kit counts as a whole, by its version and the text of its modules; other installed packages by name and version.

Data are walked by cloudpickle; the rest is our own as no library does it. `joblib.hash` refuses functions that cannot be
imported, and orders mixed sets by hashes that differ between processes; the bytes of cloudpickle, and the tokens of dask
made of them, hold the file and line of the code, so that a cell that is run again is another function. All three tell a
function of a student's module by its name alone, and cloudpickle and dask take a random generator for a constant.

Pitfalls: what a function reads at run time from elsewhere (a file, a URL, a name that it makes up) cannot be seen, nor the
weights of a suite other than the one that is swept. A random generator has a state that use changes, so it is refused: make
it inside the function, from a seed.
"""

import builtins
import dis
import functools
import hashlib
import inspect
import io
import random
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    GetSetDescriptorType,
    MemberDescriptorType,
    ModuleType,
)
from typing import Any

import cloudpickle
import numpy as np

import course_utils

KIT = "course_utils"
_INSTALLED = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")})
_USE_CHANGES = (random.Random, np.random.Generator, np.random.RandomState, np.random.BitGenerator, io.IOBase)
_MADE_IN_PYTHON = 1 << 9  # a flag of types
_READS_A_GLOBAL = ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS")
# What Python itself keeps in a class: lines, documentation, and what the bases and the other members say already.
_BOOKKEEPING = {"__module__", "__doc__", "__firstlineno__", "__static_attributes__", "__slotnames__", "_abc_impl"}
_ANNOTATIONS = {"__annotations__", "__annotate__", "__annotate_func__", "__annotations_cache__", "__dataclass_fields__"}


class NoFingerprintError(ValueError):
    """A function that cannot be told apart from another; the message says what in it, and what to do."""


def function_fingerprint(function: Callable[..., Any]) -> str:
    """SHA-256 over what a function is and uses (see the head of this file), as hexadecimal digits.

    Raises NoFingerprintError where a part has no source or cannot be compared.
    """
    told = f"{kit_fingerprint()} {_digest(function, 'the function', {})}"
    return hashlib.sha256(told.encode()).hexdigest()


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


def _digest(value: Any, where: str, seen: dict[int, Any]) -> int:
    """A hash of a value; `seen` holds the functions and classes that were met before, in order, by id."""
    with io.BytesIO() as file:
        try:
            _Teller(file, where, seen).dump(value)
        except NoFingerprintError:
            raise
        except Exception as error:  # whatever pickling a foreign object raises
            raise _cannot_be_compared(value, where, error) from error
        return _number(file.getvalue())


def _number(told: bytes) -> int:
    """As a number, since pickle writes equal numbers alike, but equal texts only where they are one object."""
    return int.from_bytes(hashlib.sha256(told).digest(), "big")


def _cannot_be_compared(value: Any, where: str, error: Exception | str) -> NoFingerprintError:
    return NoFingerprintError(
        f"{where}: a {type(value).__module__}.{type(value).__qualname__} cannot be compared with one of another day "
        f"({error}). Use plain values (numbers, text, arrays) instead, make it inside the function, or sweep without "
        "cache_dir"
    )


class _Teller(cloudpickle.Pickler):
    """Writes a value as pickle does, except for what pickle would tell by a name, a file, or a place in memory."""

    def __init__(self, file: io.BytesIO, where: str, seen: dict[int, Any]) -> None:
        super().__init__(file, protocol=4)  # from 5 on, arrays are written otherwise where they are views
        self.where, self.seen = where, seen

    def persistent_id(self, value: Any) -> int | None:
        """What pickle writes instead of a value; None where it goes on as always."""
        if isinstance(value, (bool, int, float, type(None))):
            return None
        if type(value) is bytes:
            return _number(b"bytes " + value)
        if type(value) is str:
            return _number(b"text " + value.encode(errors="surrogatepass"))
        if type(value) in (set, frozenset):
            return self._of([type(value), *sorted(_digest(item, self.where, dict(self.seen)) for item in value)])
        if isinstance(value, (FunctionType, BuiltinFunctionType, type)) and _is_importable(value):
            return self._of([value.__module__, value.__qualname__, _version(value.__module__)])
        if isinstance(value, (FunctionType, type)):
            return self._once(value)
        if isinstance(value, BuiltinFunctionType) and value.__module__ and not _is_installed(value.__module__):
            raise _cannot_be_compared(value, self.where, "it has no source that can be read")
        return None

    def reducer_override(self, value: Any) -> Any:
        """What pickle takes a value for: a call of the first with the second."""
        torch = sys.modules.get("torch")
        stateful = _USE_CHANGES if torch is None else (*_USE_CHANGES, torch.Generator)
        if isinstance(value, stateful) or hasattr(type(value), "__next__"):
            raise _cannot_be_compared(value, self.where, "its state changes with use")
        parts = _parts(value)
        if parts is None and torch is not None:
            parts = _parts_of_torch(value, torch)
        if parts is None and (_is_pickled_its_own_way(value) or _kept(type(value))):
            parts = _parts_with_attributes(value)
        return NotImplemented if parts is None else (type(value), (), parts)

    def _of(self, value: Any) -> int:
        return _digest(value, self.where, self.seen)

    def _once(self, value: Any) -> int:
        if id(value) in self.seen:
            return list(self.seen).index(id(value))
        self.seen[id(value)] = value  # kept, so that its id stays its own
        return self._of(_class(value)) if isinstance(value, type) else self._function(value)

    def _function(self, function: FunctionType) -> int:
        where = f"{self.where}{' ' if self.where == 'the function' else ', '}{function.__name__}"
        told = [_source(function, where), *_code(function.__code__)]
        told += [function.__defaults__, function.__kwdefaults__, vars(function)]
        used = [_digest(told, where, self.seen)]
        for name, value in _variables(function):
            used += [name, _digest(value, f"{where}, variable {name}", self.seen)]
        return self._of(used)


def _parts(value: Any) -> Any:
    """What an object is made of where pickle cannot take it apart, or tells too much; None for others."""
    if isinstance(value, CodeType):
        return _code(value)
    if isinstance(value, ModuleType):
        return _module(value, set(), ())
    if isinstance(value, functools.cached_property):
        return [value.func]
    if isinstance(value, functools._lru_cache_wrapper):
        return [value.__wrapped__, value.cache_parameters()]
    if isinstance(value, (set, frozenset)):  # of a class of its own
        return [frozenset(value), getattr(value, "__dict__", None)]
    if isinstance(value, np.ufunc) and getattr(np, value.__name__, None) is value:
        return [value.__name__]
    if hasattr(value, "weights_hash") and hasattr(value, "steps"):  # a suite; its weights are told of step by step
        return [value.name, list(value.steps), str(getattr(value, "dtype", None))]
    return None


def _parts_of_torch(value: Any, torch: Any) -> Any:
    if isinstance(value, torch.Tensor) and value.layout == torch.strided:
        flat = value.detach().cpu().contiguous().flatten()
        told = [str(value.dtype), list(value.shape), value.requires_grad, _number(flat.view(torch.uint8).numpy())]
        return [*told, vars(value)]
    if isinstance(value, (torch.dtype, torch.layout, torch.memory_format)):
        return [str(value)]
    if isinstance(value, torch.nn.Module):
        hooks = {name: vars(value)[name] for name in vars(torch.nn.Module()) if "_hooks" in name}
        hooks = {name: part for name, part in hooks.items() if isinstance(part, dict)}
        order = sorted(set().union(*hooks.values()))  # torch counts the hooks of a process; here those of the module
        return vars(value) | {name: {order.index(key): part[key] for key in part} for name, part in hooks.items()}
    return None


def _is_pickled_its_own_way(value: Any) -> bool:
    """Whether a student's class says how it is pickled, which may leave out what changes a result."""
    ways = (getattr(type(value), name, None) for name in ("__getstate__", "__reduce__", "__reduce_ex__"))
    return any(isinstance(way, FunctionType) and not _is_installed(way.__module__) for way in ways)


def _kept(kind: type) -> set[str]:
    """The attributes that a `cached_property` sets when it is first read; they say nothing new."""
    members = (item for parent in kind.__mro__ for item in vars(parent).items())
    return {name for name, member in members if isinstance(member, functools.cached_property)}


def _parts_with_attributes(value: Any) -> Any:
    """What a class gives pickle of an object, and all its attributes, but for those that only keep what was computed."""
    kept, reduced = _kept(type(value)), value.__reduce_ex__(4)
    held = [getattr(value, "__dict__", {}), *map(_as_list, reduced)]
    return [{name: part[name] for name in part if name not in kept} if type(part) is dict else part for part in held]


def _as_list(part: Any) -> Any:
    return list(part) if hasattr(part, "__next__") else part


def _class(value: type) -> list[Any]:
    members = {
        name: member
        for name, member in vars(value).items()
        if name not in _BOOKKEEPING | _ANNOTATIONS
        and not isinstance(member, (GetSetDescriptorType, MemberDescriptorType))
    }
    return [value.__qualname__, type(value), value.__bases__, members]


def _source(function: FunctionType, where: str) -> str:
    try:
        return inspect.getsource(function)
    except (OSError, TypeError) as error:
        if "." in function.__qualname__:
            return ""  # written by Python itself, as in a dataclass: the compiled form tells all
        raise NoFingerprintError(
            f"{where}: its source cannot be read ({error}). Define it in a notebook cell or a file, or sweep without "
            "cache_dir"
        ) from error


def _code(code: CodeType) -> list[Any]:
    """All of a compiled function but its name, its file and its lines, which a cell that is run again changes."""
    counts = [code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags]
    names = [list(names) for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)]
    return [code.co_code, list(code.co_consts), counts, names, getattr(code, "co_exceptiontable", b"")]


def _variables(function: FunctionType) -> Iterator[tuple[str, Any]]:
    """The closure of a function, the globals that it names, and the modules that it imports."""
    codes = list(_with_inner(function.__code__))
    steps = [[step for step in dis.get_instructions(code) if step.opname != "EXTENDED_ARG"] for code in codes]
    read = {step.argval for code in steps for step in code if step.opname in _READS_A_GLOBAL}
    held = [(name, function.__globals__[name]) for name in sorted(read) if name in function.__globals__]
    held += zip(function.__code__.co_freevars, map(_content, function.__closure__ or ()), strict=True)
    for before, last, step in ((code[n - 2], code[n - 1], code[n]) for code in steps for n in range(2, len(code))):
        if step.opname == "IMPORT_NAME":
            held.append((step.argval, _imported(function, step.argval, last.argval, before.argval)))
    attributes = {name for code in codes for name in code.co_names}
    for name, value in held:
        yield name, _module(value, attributes, ()) if isinstance(value, ModuleType) else value


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return "not set yet"


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _with_inner(const)


def _imported(function: FunctionType, name: str, names: Any, level: int) -> ModuleType | None:
    """The module that an import within a function gives; None where there is none."""
    try:
        return builtins.__import__(name, function.__globals__, None, names or (), level)
    except ImportError:
        return None


def _module(module: ModuleType, attributes: Iterable[str], above: tuple[ModuleType, ...]) -> Any:
    """An installed module by name and version; another one by its text, and what a function may use of it."""
    if _is_installed(module.__name__) or module in above:
        return [module.__name__, _version(module.__name__)]
    file = getattr(module, "__file__", None)
    if file is None and not hasattr(module, "__path__"):  # a folder of modules has no text
        raise ValueError(f"module {module.__name__} has no file that can be read")
    inner = {
        name: _module(value, attributes, (*above, module)) if isinstance(value, ModuleType) else value
        for name, value in vars(module).items()
        if name in attributes or isinstance(value, ModuleType)
    }
    return [module.__name__, Path(file).read_bytes() if file else b"", inner]


def _is_importable(value: Any) -> bool:
    """Whether a function or class is that of an installed module, which has a version."""
    module = value.__module__
    if isinstance(value, type) and module == "builtins" and not value.__flags__ & _MADE_IN_PYTHON:
        return True  # such as the type of functions, which has no name there
    if not _is_installed(module):
        return False
    found: Any = sys.modules.get(module)
    for name in value.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is value


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


def _version(module: str) -> str:
    return str(getattr(sys.modules.get(module.partition(".")[0]), "__version__", ""))
