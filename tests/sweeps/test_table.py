"""Sweeps: what a table holds, what it says of what is missing, and that no cell is computed twice or taken for another."""

import functools
import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from course_utils.inside.activations import logits, read_activations
from course_utils.suites.base import Suite
from course_utils.suites.opening import as_nnsight
from course_utils.sweeps.fingerprint import NoFingerprintError, function_fingerprint
from course_utils.sweeps.table import sweep
from tests.helpers.tiny_models import tiny_neox, tiny_tokenizer

ROOT = Path(__file__).parents[2]
TOKENS = torch.arange(2, 10).view(2, 4)


class NumberSuite(Suite):
    """A suite whose model at a step is one weight, the step times `scale`."""

    tokenizer = None

    def __init__(self, name="numbers", steps=(0, 1, 2, 4, 8), scale=1.0, closed=(), log=None):
        self.name, self._steps, self.scale, self.closed, self.log, self.dtype = (
            name,
            list(steps),
            scale,
            closed,
            log,
            None,
        )

    @property
    def steps(self):
        return self._steps

    def tokens(self, step):
        return None

    def weights(self, step):
        return {"weight": torch.tensor([self.scale * step])}

    @contextmanager
    def open(self, step):  # without collecting garbage, which takes longer than all the rest
        yield self.build(step)

    def build(self, step):
        if step in self.closed:
            raise OSError(f"no file for step {step}")
        if self.log is not None:
            note(self.log, f"open {step}")
        module = nn.Linear(1, 1, bias=False)
        module.weight.data.fill_(self.scale * step)
        return as_nnsight(module)


class TinySuite(NumberSuite):
    """A small GPT-NeoX, other at every step."""

    tokenizer = tiny_tokenizer()

    def weights(self, step):
        return tiny_neox(seed=step).state_dict()

    def build(self, step):
        return as_nnsight(tiny_neox(seed=step), self.tokenizer)


def note(path, line):
    with open(path, "a") as file:
        file.write(line + "\n")


def noted(path):
    return path.read_text().splitlines() if path.exists() else []


def weight(model):
    return model._module.weight.item()


def probability(model):
    return logits(model, TOKENS, positions=-1).softmax(-1)[:, 5].mean()


def stream(model):
    with torch.no_grad(), model.trace(TOKENS):
        last = model.gpt_neox.layers[-1].output.norm(dim=-1).mean(0).save()
    return last


def heads(model):
    z = read_activations(model, TOKENS, "z")["z"].norm(dim=-1).mean(dim=(1, 2))
    return {f"{layer}.{head}": z[layer, head] for layer in range(2) for head in range(2)}


def counted(path, function=weight, mark=""):
    def measured(model):
        note(path, f"{mark}{weight(model):g}")
        return function(model)

    return measured


def quiet(*args, **options):
    return sweep(*args, progress=False, **options)


# --- what a table holds


def test_numbers_dicts_and_arrays_become_columns_over_steps():
    table = quiet(
        NumberSuite(),
        {
            "weight": weight,
            "parts": lambda model: {"half": weight(model) / 2, "whole": int(weight(model))},
            "powers": lambda model: torch.tensor([weight(model), weight(model) ** 2]),
        },
    )
    assert list(table.columns) == ["weight", "parts.half", "parts.whole", "powers.0", "powers.1"]
    assert list(table.index) == [0, 1, 2, 4, 8] and table.index.name == "step"
    assert table["powers.1"].tolist() == [0, 1, 4, 16, 64]
    assert table["parts.whole"].dtype == np.int64 and table["weight"].dtype == np.float64
    assert table.attrs["errors"] == {}


@pytest.mark.parametrize(
    "value",
    [2.5, np.float32(2.5), np.float64(2.5), torch.tensor(2.5), torch.tensor(2.5, dtype=torch.bfloat16), np.array(2.5)],
)
def test_every_kind_of_number_is_a_number(value, tmp_path):
    for _ in range(2):
        assert quiet(NumberSuite(), {"n": lambda model: value}, steps=[1], cache_dir=tmp_path).loc[1, "n"] == 2.5


@pytest.mark.parametrize("value", [[1, 2.5], (1, 2.5), np.array([1, 2.5]), torch.tensor([1, 2.5]), pd.Series([1, 2.5])])
def test_every_kind_of_array_is_an_array(value, tmp_path):
    for _ in range(2):
        table = quiet(NumberSuite(), {"n": lambda model: value}, steps=[1], cache_dir=tmp_path)
        assert table.loc[1].to_dict() == {"n.0": 1, "n.1": 2.5}


def test_a_series_keeps_its_labels_in_whatever_order_and_with_gaps(tmp_path):
    def by_category(model):
        found = pd.Series({"idiom": 1.0, "homograph": 2.0, "structural": 3.0})
        return {1: found, 2: found[::-1], 4: found.drop("homograph")}[int(weight(model))]

    table = quiet(NumberSuite(), {"n": by_category}, steps=[1, 2, 4], cache_dir=tmp_path)
    assert table.loc[1].to_dict() == table.loc[2].to_dict() == {"n.idiom": 1.0, "n.homograph": 2.0, "n.structural": 3.0}
    assert np.isnan(table.loc[4, "n.homograph"]) and table.loc[4, "n.structural"] == 3.0


def test_what_is_masked_is_missing():
    table = quiet(NumberSuite(), {"n": lambda model: np.ma.array([1.0, 9.0], mask=[False, True])}, steps=[1])
    assert table.loc[1, "n.0"] == 1.0 and np.isnan(table.loc[1, "n.1"])


@pytest.mark.parametrize(
    "value,told",
    [
        (None, "got a NoneType"),
        ("0.5", "got a str; expected a number"),
        (torch.zeros(2, 3), r"got an array of shape \(2, 3\)"),
        ([], r"got an array of shape \(0,\)"),
        ({}, "got an empty dict"),
        (pd.Series(dtype=float), "got an empty Series"),
        (pd.Series([1.0, 2.0], index=["a", "a"]), "got a Series with the label 'a' twice"),
        ({"a": [1]}, "'a': got a list"),
        ([1, None], "entry 1: got a NoneType"),
        (1j, "got a complex"),
    ],
)
def test_what_is_no_number_is_missing_and_said(value, told):
    table = quiet(NumberSuite(), {"n": lambda model: value, "weight": weight}, steps=[1])
    assert np.isnan(table.loc[1, "n"]) and table.loc[1, "weight"] == 1
    with pytest.raises(TypeError, match=told):
        raise TypeError(table.attrs["errors"][1, "n"])
    assert table.attrs["errors"][1, "n"].startswith("TypeError: ")


def test_floats_come_back_from_the_cache_to_the_last_digit(tmp_path):
    values = {
        "a": 0.1 + 0.2,
        "tiny": 5e-324,
        "inf": float("inf"),
        "minus": -float("inf"),
        "nan": float("nan"),
        "n": 2**60,
    }
    first = quiet(NumberSuite(), {"v": lambda model: values}, cache_dir=tmp_path)
    again = quiet(NumberSuite(), {"v": lambda model: values}, cache_dir=tmp_path)
    pd.testing.assert_frame_equal(first, again, check_exact=True)
    assert again.loc[1, "v.a"] == 0.1 + 0.2 and again.loc[1, "v.tiny"] == 5e-324 and again.loc[1, "v.n"] == 2**60
    assert again.attrs == first.attrs
    assert "v itself returned" in again.attrs["errors"][1, "v.nan"]


# --- what is missing


def test_a_cell_that_fails_is_missing_with_its_error_and_the_others_go_on():
    def picky(model):
        if weight(model) == 2:
            raise ZeroDivisionError("nothing to divide by")
        return weight(model)

    table = quiet(NumberSuite(), {"picky": picky, "weight": weight})
    assert table["picky"].isna().tolist() == [False, False, True, False, False]
    assert table["weight"].tolist() == [0, 1, 2, 4, 8]
    assert table.attrs["errors"] == {(2, "picky"): "ZeroDivisionError: nothing to divide by"}


@pytest.mark.parametrize("cached", [False, True])
def test_a_step_that_does_not_open_leaves_all_its_cells_missing(cached, tmp_path):
    suite = NumberSuite(closed=(1, 8))
    table = quiet(suite, {"a": weight, "b": lambda model: {"x": weight(model)}}, cache_dir=tmp_path if cached else None)
    assert table.isna().all(axis=1).tolist() == [False, True, False, False, True]
    assert table.attrs["errors"] == {
        (step, name): f"OSError: no file for step {step}" for step in (1, 8) for name in "ab"
    }


def test_a_step_whose_weights_cannot_be_read_is_told(tmp_path):
    class Damaged(NumberSuite):
        def weights(self, step):
            if step == 4:
                raise OSError("the file is cut off")
            return super().weights(step)

    table = quiet(Damaged(), {"a": weight}, cache_dir=tmp_path)
    assert table["a"].isna().tolist() == [False, False, False, True, False]
    assert table.attrs["errors"] == {(4, "a"): "OSError: the file is cut off"}


def test_when_nothing_works_the_table_is_all_missing():
    table = quiet(NumberSuite(), {"a": lambda model: 1 / 0})
    assert list(table.columns) == ["a"] and table["a"].dtype == float and table["a"].isna().all()
    assert len(table.attrs["errors"]) == 5


def test_other_keys_at_other_steps_are_told():
    table = quiet(NumberSuite(), {"a": lambda model: {"even" if weight(model) % 2 == 0 else "odd": 1}}, steps=[1, 2])
    assert table.attrs["errors"] == {
        (1, "a.even"): "KeyError: a returned other columns at this step",
        (2, "a.odd"): "KeyError: a returned other columns at this step",
    }


def test_a_function_that_exits_does_not_end_the_sweep():
    table = quiet(NumberSuite(), {"a": lambda model: sys.exit(3), "b": weight}, steps=[1])
    assert table.attrs["errors"] == {(1, "a"): "SystemExit: 3"} and table.loc[1, "b"] == 1


def test_arguments_that_do_not_fit_are_refused_before_anything_is_computed(tmp_path):
    log = tmp_path / "log"
    suite = NumberSuite(log=log)
    with pytest.raises(KeyError, match="no step 3; the nearest are"):
        quiet(suite, {"a": weight}, steps=[1, 3])
    with pytest.raises(ValueError, match="got no steps"):
        quiet(suite, {"a": weight}, steps=[])
    for functions in ({}, [weight], weight, None):
        with pytest.raises(TypeError, match='expected {"name": function'):
            quiet(suite, functions)
    with pytest.raises(TypeError, match="a: got a float; expected a function"):
        quiet(suite, {"a": 1.0})
    with pytest.raises(TypeError, match="as the name of a function"):
        quiet(suite, {3: weight})
    for workers in (0, -1, 1.5, True, "2"):
        with pytest.raises(ValueError, match="expected a whole number of 1 or more"):
            quiet(suite, {"a": weight}, workers=workers)
    with pytest.raises(ValueError, match="its machines are the workers"):
        quiet(suite, {"a": weight}, workers=2, scheduler="tcp://127.0.0.1:1")
    assert noted(log) == []
    with pytest.raises(ValueError, match="two functions give a column 'a.b'"):
        quiet(suite, {"a": lambda model: {"b": 1}, "a.b": weight})


def test_the_bar_shows_the_current_step(capsys):
    sweep(NumberSuite(), {"a": weight})
    shown = capsys.readouterr().err
    assert "step=8" in shown and "5/5" in shown


# --- one cell does not touch another


def test_a_function_that_changes_the_model_leaves_the_next_one_a_fresh_one(tmp_path):
    def spoil(model):
        model._module.weight.data.fill_(100.0)
        return 1

    def train_mode(model):
        model._module.train(not model._module.training)
        return 1

    log = tmp_path / "log"
    table = quiet(NumberSuite(log=log), {"spoil": spoil, "mode": train_mode, "a": weight, "b": weight})
    assert table["a"].tolist() == table["b"].tolist() == [0, 1, 2, 4, 8]
    assert len(noted(log)) == 15  # opened once more after each of the two, and not between a and b


def test_a_step_is_opened_once_for_all_functions_that_only_look(tmp_path):
    class Counted(TinySuite):
        def build(self, step):
            note(tmp_path / "log", str(step))
            return super().build(step)

    quiet(Counted(steps=[0, 1]), {"p": probability, "stream": stream, "heads": heads})
    assert noted(tmp_path / "log") == ["0", "1"]


def test_draws_depend_on_the_cell_alone_and_leave_the_callers_generators_alone():
    def draw(model):
        return [random.random(), float(np.random.rand()), float(torch.rand(()))]

    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    state = torch.get_rng_state()
    whole = quiet(NumberSuite(), {"b": weight, "a": draw})
    assert torch.equal(state, torch.get_rng_state())
    alone = quiet(NumberSuite(), {"a": draw}, steps=[4])
    assert whole.loc[4, "a.0":"a.2"].tolist() == alone.loc[4].tolist()
    assert whole["a.2"].nunique() == 5
    assert random.random() == random.Random(0).random()


# --- the cache


def test_a_second_sweep_computes_and_opens_nothing(tmp_path):
    calls, opened = tmp_path / "calls", tmp_path / "opened"
    suite, function = NumberSuite(log=opened), counted(calls)
    first = quiet(suite, {"a": function}, cache_dir=tmp_path / "cache")
    again = quiet(suite, {"a": function}, cache_dir=tmp_path / "cache")
    pd.testing.assert_frame_equal(first, again)
    assert len(noted(calls)) == 5 and len(noted(opened)) == 5


def test_more_steps_and_functions_are_added_to_what_is_there(tmp_path):
    calls = tmp_path / "calls"
    one, two = counted(calls, mark="one "), counted(calls, mark="two ")
    quiet(NumberSuite(), {"a": one}, steps=[1, 2], cache_dir=tmp_path / "cache")
    table = quiet(NumberSuite(), {"a": one, "b": two}, steps=[1, 2, 4], cache_dir=tmp_path / "cache")
    assert sorted(noted(calls)) == ["one 1", "one 2", "one 4", "two 1", "two 2", "two 4"]
    assert table["b"].tolist() == [1, 2, 4]


def test_failures_are_tried_again(tmp_path):
    switch = tmp_path / "works"

    def fails(model):
        if not os.path.exists(switch):
            raise RuntimeError("not yet")
        return 7

    assert quiet(NumberSuite(), {"a": fails}, cache_dir=tmp_path / "cache")["a"].isna().all()
    switch.touch()
    table = quiet(NumberSuite(), {"a": fails}, cache_dir=tmp_path / "cache")
    assert table["a"].tolist() == [7] * 5 and table.attrs["errors"] == {}


@pytest.mark.parametrize(
    "text", ["", "{", "null", "[]", '{"format": 1}', '{"format": 99, "key": "x", "value": 3}', "\x00\xff"]
)
def test_a_damaged_cell_is_computed_anew(text, tmp_path):
    cache, calls = tmp_path / "cache", tmp_path / "calls"
    function = counted(calls)
    quiet(NumberSuite(), {"a": function}, steps=[2], cache_dir=cache)
    (cell,) = cache.iterdir()
    cell.write_bytes(text.encode("latin-1"))
    assert quiet(NumberSuite(), {"a": function}, steps=[2], cache_dir=cache).loc[2, "a"] == 2
    assert len(noted(calls)) == 2
    quiet(NumberSuite(), {"a": function}, steps=[2], cache_dir=cache)
    assert len(noted(calls)) == 2


def test_a_cell_under_another_cells_name_is_not_believed(tmp_path):
    quiet(NumberSuite(), {"a": weight}, steps=[1, 2], cache_dir=tmp_path)
    one, two = sorted(tmp_path.iterdir())
    one_text = one.read_text()
    one.write_text(two.read_text())
    two.write_text(one_text)
    assert quiet(NumberSuite(), {"a": weight}, steps=[1, 2], cache_dir=tmp_path)["a"].tolist() == [1, 2]


def test_other_weights_names_and_dtypes_are_other_cells(tmp_path):
    calls = tmp_path / "calls"
    function = counted(calls)
    half = NumberSuite()
    half.dtype = torch.float16
    for suite in (NumberSuite(), NumberSuite(scale=2), NumberSuite(name="others"), half):
        table = quiet(suite, {"a": function}, steps=[4], cache_dir=tmp_path / "cache")
        assert table.loc[4, "a"] == 4 * suite.scale
    assert len(noted(calls)) == 4


def make(text, **names):
    """A function from source text, as a notebook cell defines it."""
    import linecache

    make.count = getattr(make, "count", 0) + 1
    filename, text = f"<cell {make.count}>", textwrap.dedent(text)
    linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
    space = {"__name__": "__main__", **names}
    exec(compile(text, filename, "exec"), space)
    return space["f"]


SAME = "def f(model, scale=1):\n    return limit * scale + inner(model)"


def test_what_changes_a_result_changes_the_fingerprint():
    def inner(model):
        return 1

    def other_inner(model):
        return 2

    names = {"limit": 3, "inner": inner}
    base = function_fingerprint(make(SAME, **names))
    assert function_fingerprint(make(SAME, **names)) == base
    different = {
        "text": make(SAME + " + 1", **names),
        "default": make(SAME.replace("scale=1", "scale=2"), **names),
        "global value": make(SAME, limit=4, inner=inner),
        "type of a global value": make(SAME, limit=3.0, inner=inner),
        "global function": make(SAME, limit=3, inner=other_inner),
        "partial": functools.partial(make(SAME, **names), scale=1),
        "partial's value": functools.partial(make(SAME, **names), scale=2),
        "array": make(SAME, limit=np.array([3]), inner=inner),
        "tensor": make(SAME, limit=torch.tensor([3]), inner=inner),
        "tensor's value": make(SAME, limit=torch.tensor([4]), inner=inner),
        "tensor's dtype": make(SAME, limit=torch.tensor([3.0]), inner=inner),
        "list": make(SAME, limit=[3], inner=inner),
        "tuple": make(SAME, limit=(3,), inner=inner),
        "dict": make(SAME, limit={"a": 3}, inner=inner),
        "set": make(SAME, limit={3, "a"}, inner=inner),
        "table": make(SAME, limit=pd.DataFrame({"a": [3]}), inner=inner),
        "table's column": make(SAME, limit=pd.DataFrame({"b": [3]}), inner=inner),
    }
    marks = {name: function_fingerprint(function) for name, function in different.items()}
    assert base not in marks.values()
    assert len(set(marks.values())) == len(marks)
    in_a_default = make(SAME, **names)
    in_a_default.__defaults__ = (5,)
    assert function_fingerprint(in_a_default) != base


def test_lambdas_of_one_line_are_told_apart():
    one, two, three = (lambda model: 1), (lambda model: 2), (lambda model: model.a)
    four, five = (lambda model: model.b), (lambda model: [part + 1 for part in model])
    marks = {function_fingerprint(function) for function in (one, two, three, four, five)}
    assert len(marks) == 5
    by_closure = [lambda model, n=n: n for n in range(3)] + [(lambda k: lambda model: k)(n) for n in range(3)]
    assert len({function_fingerprint(function) for function in by_closure}) == 6


class Threshold:
    """A measure with a setting."""

    def __init__(self, level):
        self.level = level

    def __call__(self, model):
        return weight(model) > self.level

    def as_method(self, model):
        return weight(model) > self.level


def test_objects_and_methods_count_by_what_they_hold():
    marks = [function_fingerprint(f) for n in (1, 2) for f in (Threshold(n), Threshold(n).as_method)]
    assert len(set(marks)) == 4
    assert function_fingerprint(Threshold(1)) == marks[0]


def test_functions_that_call_each_other_end():
    text = "def f(model):\n    return g(model)\ndef g(model):\n    return f(model) if model else 1"
    assert function_fingerprint(make(text)) == function_fingerprint(make(text))
    assert function_fingerprint(make(text)) != function_fingerprint(make(text.replace("else 1", "else 2")))


def marks_without_the_kit():
    """Fingerprints of several functions, but for the kit's own text, which may be edited while tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("course_utils.sweeps.fingerprint.kit_fingerprint", lambda: "")
        return " ".join(map(function_fingerprint, SEVERAL))


def test_a_fingerprint_is_the_same_in_another_process():
    code = "import tests.sweeps.test_table as tests; print(tests.marks_without_the_kit(), end='')"
    env = os.environ | {"PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], cwd="/", env=env, capture_output=True, text=True, check=True)
    assert run.stdout == marks_without_the_kit()


SEVERAL = [
    heads,
    stream,
    probability,
    Threshold(1),
    functools.partial(heads),
    lambda model: model in {"a", "b", "c", 3},
]


def test_what_cannot_be_compared_is_refused_by_name_or_goes_uncached(tmp_path):
    generator, table = np.random.default_rng(0), random.Random(0)
    space = {}
    exec("def f(model):\n    return 1", space)
    refused = {
        "generator: a numpy.random.*Generator": lambda model: generator.random(),
        "table: a random.Random": lambda model: table.random(),
        "f: its source cannot be read": space["f"],
        "torch._C.Generator": functools.partial(lambda model, rng: 1, rng=torch.Generator()),
    }
    for message, function in refused.items():
        with pytest.raises(NoFingerprintError, match=message):
            quiet(NumberSuite(), {"a": function}, cache_dir=tmp_path)
        assert not quiet(NumberSuite(), {"a": function})["a"].isna().any()


def test_a_function_may_use_the_suite_and_its_tokenizer(tmp_path):
    suite = TinySuite(steps=[0, 1])

    def measured(model):
        ids = suite.tokenizer(["w3 w4 w5"], return_tensors="pt")["input_ids"]
        return logits(model, ids, positions=-1)[0, 4]

    tokenizer = suite.tokenizer

    def by_tokenizer(model):
        return len(tokenizer("w3 w4")["input_ids"])

    table = quiet(suite, {"a": measured, "b": by_tokenizer}, cache_dir=tmp_path)
    pd.testing.assert_frame_equal(quiet(suite, {"a": measured, "b": by_tokenizer}, cache_dir=tmp_path), table)
    assert table["b"].tolist() == [2, 2] and table["a"].nunique() == 2


# --- interrupts


def test_an_interrupt_goes_through_and_what_was_done_is_kept(tmp_path):
    calls, stop = tmp_path / "calls", tmp_path / "stop"
    stop.touch()

    def measured(model):
        if weight(model) == 4 and os.path.exists(stop):
            raise KeyboardInterrupt
        note(calls, f"{weight(model):g}")
        return weight(model)

    with pytest.raises(KeyboardInterrupt):
        quiet(NumberSuite(), {"a": measured}, cache_dir=tmp_path / "cache")
    assert noted(calls) == ["0", "1", "2"]
    stop.unlink()
    assert quiet(NumberSuite(), {"a": measured}, cache_dir=tmp_path / "cache")["a"].tolist() == [0, 1, 2, 4, 8]
    assert noted(calls) == ["0", "1", "2", "4", "8"]


SCRIPT = """
import sys, time
from pathlib import Path
from course_utils.sweeps.table import sweep
from tests.sweeps.test_table import NumberSuite, note, weight

folder, workers = Path(sys.argv[1]), int(sys.argv[2])

def first(model):
    note(folder / "calls", f"first {weight(model):g}")
    return weight(model)

def second(model):
    while weight(model) == 2 and (folder / "stop").exists():
        note(folder / "calls", "waits") if not (folder / "waits").exists() else None
        (folder / "waits").touch()
        time.sleep(0.05)
    note(folder / "calls", f"second {weight(model):g}")
    return weight(model) * 2

table = sweep(NumberSuite(), {"first": first, "second": second}, cache_dir=folder / "cache", workers=workers)
table.to_csv(folder / "table.csv")
"""


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_sweep_goes_on_without_repeating_a_finished_cell(workers, tmp_path):
    script, stop = tmp_path / "script.py", tmp_path / "stop"
    script.write_text(SCRIPT)  # without `if __name__ == "__main__"`, as students write
    stop.touch()
    command = [sys.executable, str(script), str(tmp_path), str(workers)]
    env = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(command, env=env, stderr=subprocess.DEVNULL)
    wanted = {1: 6, 2: 10}[workers]  # cells before the one that waits; with two workers all others too
    until(lambda: (tmp_path / "waits").exists() and len(noted(tmp_path / "calls")) >= wanted)
    until(lambda: len(list((tmp_path / "cache").glob("*.json"))) >= wanted - 1)
    running.send_signal(signal.SIGKILL)
    running.wait()
    done = noted(tmp_path / "calls")
    stop.unlink()
    subprocess.run(command, env=env, check=True, stderr=subprocess.DEVNULL)
    after = noted(tmp_path / "calls")[len(done) :]
    assert not set(after) & set(done) - {"waits"}
    assert sorted([*done, *after]) == sorted(
        [*(f"{name} {n}" for name in ("first", "second") for n in (0, 1, 2, 4, 8)), "waits"]
    )
    assert pd.read_csv(tmp_path / "table.csv", index_col="step")["second"].tolist() == [0, 2, 4, 8, 16]
    assert not list((tmp_path / "cache").glob(".writing-*"))


def until(fact, seconds=60):
    end = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


# --- more processes, more machines


CELL = """
import torch
def f(model):
    with torch.no_grad(), model.trace(TOKENS):
        middle = model.gpt_neox.layers[0].output.abs().mean().save()
    return middle
"""


def model_measures():
    scale = 3.0
    return {
        "p": probability,
        "stream": stream,
        "heads": heads,
        "closure": lambda model: scale * probability(model),
        "cell": make(CELL, TOKENS=TOKENS),
        "drawn": lambda model: torch.rand(2),
        "fails": lambda model: 1 / 0,
    }


def test_processes_give_the_same_table(tmp_path):
    functions, suite = model_measures(), TinySuite(steps=[0, 1, 5], closed=())
    here = quiet(suite, functions)
    there = quiet(suite, functions, workers=2, cache_dir=tmp_path)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert here.attrs == there.attrs and set(here.attrs["errors"]) == {(step, "fails") for step in (0, 1, 5)}
    assert len(list(tmp_path.glob("*.json"))) == 3 * 6
    pd.testing.assert_frame_equal(quiet(suite, functions, cache_dir=tmp_path), here, check_exact=True)


@pytest.mark.slow
def test_a_worker_that_dies_loses_its_step_only(tmp_path):
    parent = os.getpid()

    def deadly(model):
        if weight(model) == 2:
            os._exit(9) if os.getpid() != parent else None
        return weight(model)

    table = quiet(NumberSuite(), {"deadly": deadly, "weight": weight}, workers=2, cache_dir=tmp_path)
    assert table["deadly"].isna().tolist() == [False, False, True, False, False]
    assert "worker process died at this step" in table.attrs["errors"][2, "deadly"]
    assert set(step for step, _ in table.attrs["errors"]) == {2}


def test_what_cannot_be_sent_is_told():
    import threading

    lock = threading.Lock()

    def locked(model):
        with lock:
            return 1

    with pytest.raises(TypeError, match="cannot be sent to another process .*workers=1"):
        quiet(NumberSuite(), {"a": locked}, workers=2)


def test_a_scheduler_gives_the_same_table(tmp_path):
    distributed = pytest.importorskip("distributed", reason="dask.distributed is in the instructor's install")
    functions, suite = model_measures(), TinySuite(steps=[0, 1, 5])
    here = quiet(suite, functions)
    options = {"processes": False, "threads_per_worker": 2, "n_workers": 1, "dashboard_address": None}
    with distributed.LocalCluster(**options, protocol="tcp://", host="127.0.0.1") as cluster:
        there = quiet(suite, functions, scheduler=cluster.scheduler_address, cache_dir=tmp_path)
    pd.testing.assert_frame_equal(here, there, check_exact=True)
    assert here.attrs == there.attrs
    pd.testing.assert_frame_equal(quiet(suite, functions, cache_dir=tmp_path), here, check_exact=True)
    assert len(list(tmp_path.glob("*.json"))) == 3 * 6


def test_a_scheduler_that_is_not_there_is_told():
    dask = pytest.importorskip("dask", reason="dask.distributed is in the instructor's install")
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "1s"}),
        pytest.raises(ConnectionError, match="no dask scheduler answers at 'tcp://127.0.0.1:9'"),
    ):
        quiet(NumberSuite(), {"a": weight}, scheduler="tcp://127.0.0.1:9")
