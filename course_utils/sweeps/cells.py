"""One step of a sweep: open its model, apply each function, and tell a result from a failure.

Every cell is computed as if it were alone: the global random generators are seeded from its step and name (and put back), and
where a function changed the model, the next one gets it opened anew.
"""

import hashlib
import math
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch

from course_utils.suites.reasons import told

Value = float | int | dict[str, float] | list[float]
_ONE_AT_A_TIME = threading.RLock()  # nnsight traces of one process must not cross


@dataclass(frozen=True)
class Outcome:
    """What a cell gave: a value, or the error that left it missing."""

    value: Value | None = None
    error: str | None = None


def measure(suite: Any, step: int, functions: Mapping[str, Callable[[Any], Any]]) -> Iterator[tuple[str, Outcome]]:
    """The outcome of each function at a step, each as soon as it is known."""
    remaining = dict(functions)
    while remaining:
        try:
            with _ONE_AT_A_TIME, suite.open(step) as model:
                before = _state(model)
                while remaining and _state(model) == before:
                    name = next(iter(remaining))
                    outcome = _outcome(remaining.pop(name), model, f"{step} {name}")
                    yield name, outcome
        except Exception as error:
            if not remaining:
                raise
            yield from ((name, Outcome(error=told(error))) for name in remaining)
            return


def plain_value(value: Any) -> Value:
    """A result as plain numbers; raises TypeError for what is no number, dict or Series of numbers, or 1-D array of them."""
    if isinstance(value, pd.Series):
        value = _by_label(value)
    if isinstance(value, np.ma.MaskedArray):
        value = value.astype(float).filled(math.nan)
    if isinstance(value, Mapping):
        if not value:
            raise TypeError("got an empty dict; expected at least one number in it")
        return {str(name): _number(part, f"{name!r}: ") for name, part in value.items()}
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = (value.float() if value.dtype == torch.bfloat16 else value).numpy()
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if isinstance(value, (list, tuple, np.ndarray)) and np.ndim(value) > 0:
        if np.ndim(value) != 1 or len(value) == 0:
            raise TypeError(
                f"got an array of shape {np.shape(value)}; expected a number, a dict of numbers or a 1-D array"
            )
        return [_number(part, f"entry {n}: ") for n, part in enumerate(value)]
    return _number(value, "")


def _by_label(series: pd.Series) -> dict[str, Any]:
    """The numbers of a Series by its labels, as in other orders, or with one missing, places would be exchanged."""
    if series.empty:
        raise TypeError("got an empty Series; expected at least one number in it")
    if not series.index.is_unique:
        twice = series.index[series.index.duplicated()][0]
        raise TypeError(f"got a Series with the label {twice!r} twice; expected each number under a label of its own")
    return {str(label): part for label, part in zip(series.index, series.to_numpy(), strict=True)}


def _outcome(function: Callable[[Any], Any], model: Any, seed: str) -> Outcome:
    try:
        _seed_generators(seed)
        return Outcome(plain_value(function(model)))
    except (Exception, SystemExit) as error:  # noqa: BLE001  the error is kept where the number would be
        return Outcome(error=told(error))


def _number(value: Any, where: str) -> float | int:
    if isinstance(value, torch.Tensor) and value.ndim == 0:
        value = value.item()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value)
    shape = f" of shape {np.shape(value)}" if hasattr(value, "shape") else ""
    raise TypeError(
        f"{where}got a {type(value).__name__}{shape}; expected a number, a dict of numbers or a 1-D array of numbers"
    )


def not_a_number(value: float | int) -> bool:
    return isinstance(value, float) and math.isnan(value)


@contextmanager
def generators_put_back() -> Iterator[None]:
    """Leave the global random generators as they were."""
    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            random.setstate(python)
            np.random.set_state(numpy)


def _seed_generators(text: str) -> None:
    """The global generators in a state that depends on the cell alone, so that order and workers change nothing."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def _state(model: Any) -> tuple:
    """What tells whether a function changed the model: its parameters' places, versions and sums, and its mode."""
    module = getattr(model, "_module", None)
    if not isinstance(module, torch.nn.Module):
        return ()
    tensors = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    with torch.no_grad():
        parameters = tuple(
            (name, tensor.data_ptr(), tensor._version, repr(tensor.sum().item()), tensor.requires_grad)
            for name, tensor in tensors.items()
            if not tensor.is_meta
        )
    hooks = sum(len(part._forward_hooks) + len(part._forward_pre_hooks) for part in module.modules())
    return module.training, hooks, parameters
