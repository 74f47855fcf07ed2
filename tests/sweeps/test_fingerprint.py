"""Fingerprints: what gives another result has another one, what gives the same has the same, and a state is refused."""

import collections
import functools
import importlib
import itertools
import json
import os
import subprocess
import sys
import textwrap
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from course_utils.sweeps.fingerprint import NoFingerprintError, function_fingerprint
from tests.sweeps.test_table import make

ROOT = Path(__file__).parents[2]
HELPERS = ("own_helpers", "own_deeper", "own_folder")


def using(value):
    """A function that uses a value, as one of a notebook uses a variable."""
    return make("def f(model):\n    return x", x=value)


def defined(text, name="f"):
    """What a cell defines under the name of f."""
    return make(textwrap.dedent(text))


def having(thing, **attributes):
    vars(thing).update(attributes)
    return thing


def member(text):
    """A function that uses an object of a class with such a member."""
    return using(defined("class f:\n" + textwrap.indent(text, "    "))())


class Dict(dict):
    pass


class Text(str):
    pass


class Hides:
    """An object that does not give all of it to pickle."""

    def __init__(self, value):
        self.value = value

    def __getstate__(self):
        return {}


def linear(hook=None, with_kwargs=False, **attributes):
    layer = nn.Linear(2, 2)
    nn.init.zeros_(layer.weight), nn.init.zeros_(layer.bias)
    if hook is not None:
        layer.register_forward_hook(defined(f"def f(module, given, out):\n    return out * {hook}"))
        layer.register_forward_hook(len, with_kwargs=with_kwargs)
    return having(layer, **attributes)


def attributed(value):
    return using(having(defined("def f(model):\n    return 1"), scale=value))


def stateful_lambdas(value):
    return [(lambda *model: model), (lambda model: model)][value - 1]  # fmt: skip


PAIRS = {
    "operator": lambda v: member(f"def __add__(self, other):\n    return {v}"),
    "comparison": lambda v: member(f"def __eq__(self, other):\n    return {v}"),
    "property": lambda v: member(f"@property\ndef p(self):\n    return {v}"),
    "metaclass": lambda v: using(defined(f"class M(type):\n    k = {v}\nclass f(metaclass=M):\n    pass")),
    "attribute of a function": attributed,
    "stars of one line": stateful_lambdas,
    "wrapped function": lambda v: torch.no_grad()(defined(f"def f(model):\n    return {v}")),
    "method of another object": lambda v: types.MethodType(defined(f"def f(self, model):\n    return {v}"), Dict()),
    "mask": lambda v: using(np.ma.array([1, 2], mask=[v == 1, False])),
    "objects in an array": lambda v: using(np.array([v, "a"], dtype=object)),
    "hook": lambda v: using(linear(hook=v)),
    "how a hook is called": lambda v: using(linear(hook=1, with_kwargs=v == 1)),
    "attribute of a module": lambda v: using(linear(temperature=v)),
    "training mode": lambda v: using(linear().train(v == 1)),
    "attribute of a tensor": lambda v: using(having(torch.zeros(2), scale=v)),
    "sparse tensor": lambda v: using(torch.tensor([[0.0, v]]).to_sparse()),
    "factory": lambda v: using(collections.defaultdict(defined(f"def f():\n    return {v}"))),
    "attribute of a dict": lambda v: using(having(Dict(), scale=v)),
    "attribute of a text": lambda v: using(having(Text("a"), scale=v)),
    "hidden from pickle": lambda v: using(Hides(v)),
    "dtype of a column": lambda v: using(pd.Series([0.5], dtype=[np.float32, np.float64][v - 1])),
    "type of a label": lambda v: using(pd.DataFrame({[1, "1"][v - 1]: [3]})),
    "name of an index": lambda v: using(pd.DataFrame({"a": [1]}, index=pd.Index([1], name=str(v)))),
    "both of a name": lambda v: make(
        "def outer():\n    x = 1\n    def f(model):\n        def g():\n            global x\n            return x\n"
        "        return x + g()\n    return f\nf = outer()",
        x=v,
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_what_gives_another_result_has_another_fingerprint(name):
    marks = [function_fingerprint(PAIRS[name](value)) for value in (1, 2, 1)]
    assert marks[0] != marks[1] and marks[0] == marks[2]


# --- the student's own modules

IMPORTS = {
    "module": ("import own_helpers", "return own_helpers.g(model)"),
    "module of a module": ("import own_helpers", "return own_helpers.own_deeper.h(model)"),
    "function of a module": ("from own_helpers import g", "return g(model)"),
    "module in a folder": ("import own_folder.part", "return own_folder.part.h(model)"),
    "import inside": ("", "from own_helpers import g; return g(model)"),
    "module inside": ("", "import own_helpers as other; return other.g(model)"),
    "module of a folder inside": ("", "from own_folder import part; return part.h(model)"),
    "module handed on": ("import own_helpers\ndef run(module): return module.g(1)", "return run(own_helpers)"),
}


def with_files(folder, imports, text, value):
    """The mark of a function in a new session, so to speak, with helper modules that return a value."""
    for name in [name for name in sys.modules if name.partition(".")[0] in HELPERS]:
        del sys.modules[name]
    (folder / "own_folder").mkdir(exist_ok=True)
    (folder / "own_helpers.py").write_text("import own_deeper\ndef g(model):\n    return own_deeper.h(model)\n")
    for name in ("own_deeper.py", "own_folder/part.py"):
        (folder / name).write_text(f"def h(model):\n    return {value}\n")
    importlib.invalidate_caches()
    return function_fingerprint(make(f"{imports}\ndef f(model):\n    {text}"))


@pytest.mark.parametrize("name", IMPORTS)
def test_a_change_in_an_own_module_is_seen(name, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    marks = [with_files(tmp_path, *IMPORTS[name], value) for value in (1, 2, 1)]
    assert marks[0] != marks[1] and marks[0] == marks[2]


def test_a_value_of_an_own_module_that_is_set_later_is_seen(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "own_helpers.py").write_text("import numpy\nlevel = 1\nunused = numpy.random.default_rng(0)\n")
    sys.modules.pop("own_helpers", None)
    function = make("import own_helpers\ndef f(model):\n    return own_helpers.level")
    before = function_fingerprint(function)
    sys.modules["own_helpers"].level = 2
    assert function_fingerprint(function) != before


# --- the same is the same

KIND = """
import abc, dataclasses, enum, functools
class Base(abc.ABC):
    @abc.abstractmethod
    def g(self): ...
class Colour(enum.Enum):
    red = 1
@dataclasses.dataclass(frozen=True, slots=True)
class Held:
    colour: Colour = Colour.red
    parts: tuple = dataclasses.field(default_factory=tuple)
class f(Base):
    def __init__(self): self.held = Held()
    def g(self): return f, super().__init__
    def __call__(self, model): return self
    @functools.cached_property
    def later(self): return 1
    @staticmethod
    @functools.lru_cache
    def kept(): return 1
    @classmethod
    def made(cls): return cls()
"""
SAME = {
    "a class of all kinds": lambda: using(defined(KIND)()),
    "sets": lambda: using([{"a", "b", 3, None}, {frozenset("ab"), defined("def f(): return 1"), Dict}]),
    "names from libraries": lambda: make(
        "from numpy import exp, float32\nfrom torch import sigmoid, float16, strided\nfrom torch.nn.functional import gelu\n"
        "def f(model):\n    return exp, float32, sigmoid, float16, strided, gelu"
    ),
    "a table": lambda: using(pd.DataFrame({"a": [1, 2], "b": ["x", None]}, index=pd.to_datetime(["2020", "2021"]))),
    "a module with hooks": lambda: using(linear(hook=2)),
    "a list in itself": lambda: using((lambda found: found.append(found) or found)([])),
}


def marks_of_the_same():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("course_utils.sweeps.fingerprint.kit_fingerprint", lambda: "")
        return {name: function_fingerprint(make_it()) for name, make_it in SAME.items()}


def test_the_same_is_the_same_in_this_process_and_another():
    assert marks_of_the_same() == marks_of_the_same()
    code = "import json, tests.sweeps.test_fingerprint as tests; print(json.dumps(tests.marks_of_the_same()))"
    env = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], cwd="/", env=env, capture_output=True, text=True, check=True)
    assert json.loads(run.stdout) == marks_of_the_same()


def test_where_in_a_file_or_in_memory_something_lies_does_not_count():
    text = "def f(model):\n    return x"
    assert function_fingerprint(make(text, x=1)) == function_fingerprint(make("\n\n" + text, x=1))
    for one, two in (
        (torch.arange(5.0)[1:3], torch.tensor([1.0, 2.0])),
        (np.arange(6.0)[::2], np.array([0.0, 2.0, 4.0])),
        (["ab", "ab"], ["ab", str(b"ab", "ascii")]),
    ):
        assert function_fingerprint(using(one)) == function_fingerprint(using(two))


def test_what_an_object_keeps_of_its_own_computing_does_not_count():
    held = defined(KIND)()
    before = function_fingerprint(using(held))
    assert held.later == held.kept() == 1
    assert function_fingerprint(using(held)) == before
    held.other = 1
    assert function_fingerprint(using(held)) != before


def test_many_functions_that_use_each_other_take_no_longer_than_their_number():
    text = "".join(f"def f{n}(m): return f{n + 1}(m) + f{n + 2}(m)\n" for n in range(60))
    assert function_fingerprint(make(text + "def f(m): return f0(m)"))


# --- a state is refused


class Iterating:
    def __iter__(self):
        return self

    def __next__(self):
        return 1


STATES = {
    "numpy.random.mtrand.RandomState": lambda: np.random.RandomState(0),
    "numpy.random._pcg64.PCG64": lambda: np.random.PCG64(0),
    "numpy.random._generator.Generator": lambda: np.random.default_rng(0).random,
    "torch._C.Generator": lambda: [having(Dict(), rng=torch.Generator())],
    "itertools.count": itertools.count,
    "tests.sweeps.test_fingerprint.Iterating": Iterating,
    "builtins.generator": lambda: (n for n in [1]),
    "_io.TextIOWrapper": lambda: open(__file__),  # noqa: SIM115
}


@pytest.mark.parametrize("name", STATES)
def test_what_changes_with_use_is_refused_by_name(name):
    with pytest.raises(
        NoFingerprintError, match=f"the function f, variable x: a {name} cannot be compared .*changes with"
    ):
        function_fingerprint(functools.partial(using(STATES[name]())))


@pytest.mark.parametrize("held", ["{f}", "[[[...]]]"])
def test_what_is_too_deep_is_refused(held):
    deep = Dict()
    if held == "{f}":
        deep = Hashed()
        deep.held = {deep}
    else:
        deep = functools.reduce(lambda inner, _: [inner], range(100_000), 1)
    with pytest.raises(NoFingerprintError, match="recursion"):
        function_fingerprint(using(deep))


class Hashed:
    held: set
