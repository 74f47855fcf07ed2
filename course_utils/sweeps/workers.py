"""Steps of a sweep in other processes, on this machine or on those of a dask.distributed scheduler.

Functions travel by value (cloudpickle), with the text of notebook cells, as an nnsight trace reads its own source. Workers
split the cores of this machine among them. A worker that dies (out of memory, a crash in compiled code) loses its step,
not the sweep: what was under way is tried once more, one step at a time, and what dies again is told.
"""

import linecache
import multiprocessing
import os
import sys
import threading
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import torch

from course_utils.suites.reasons import told
from course_utils.sweeps.cache import CellCache
from course_utils.sweeps.cells import Outcome, measure

Keys = Mapping[str, str]  # of cells, by the name of the function
Job = tuple[int, Sequence[str], Keys]  # a step, the functions to apply, and the keys to write their results under
_here: dict[str, Any] = {}  # what a worker was given at its start


def run_in_processes(
    suite: Any, functions: Mapping[str, Callable], jobs: Sequence[Job], cache_dir: Path | None, workers: int
) -> Iterator[tuple[int, dict[str, Outcome]]]:
    """Steps with their outcomes, as they are finished."""
    payload = packed(suite, functions)
    left = {job[0]: job for job in jobs}
    with _pool(workers, payload, cache_dir) as pool:
        for step, outcomes in _finished(pool, jobs):
            if outcomes is not None:
                yield left.pop(step)[0], outcomes
    for job in list(left.values()):  # the steps of a pool that broke
        with _pool(1, payload, cache_dir) as pool:
            for step, outcomes in _finished(pool, [job]):
                yield step, outcomes or _died(job)


def run_on_scheduler(
    suite: Any, functions: Mapping[str, Callable], jobs: Sequence[Job], scheduler: str
) -> Iterator[tuple[int, dict[str, Outcome]]]:
    """The same on a dask.distributed cluster; raises ConnectionError where there is no scheduler at that address."""
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise ImportError("scheduler= needs dask.distributed: pip install distributed") from error
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise ConnectionError(
            f"no dask scheduler answers at {scheduler!r} ({told(error)}); start one with `dask scheduler`, and workers with "
            "`dask worker ADDRESS` in an environment that has the kit"
        ) from error
    with client:
        payload = client.scatter(packed(suite, functions), broadcast=False, hash=False)
        futures = {client.submit(run_packed, payload, job, pure=False): job for job in jobs}
        for future in as_completed(list(futures), loop=client.loop):
            job = futures[future]
            error = future.exception()
            if error is None:
                yield future.result()
            else:
                yield job[0], {name: Outcome(error=told(error)) for name in job[1]}


def packed(suite: Any, functions: Mapping[str, Callable]) -> bytes:
    """Suite, functions and the text of notebook cells as bytes. Raises TypeError for what cannot be sent."""
    try:
        import cloudpickle
    except ImportError as error:
        raise ImportError("workers > 1 and scheduler= need cloudpickle: pip install cloudpickle") from error
    cells = {name: entry for name, entry in linecache.cache.items() if len(entry) == 4 and not os.path.exists(name)}
    try:
        return cloudpickle.dumps((suite, dict(functions), cells))
    except (TypeError, AttributeError, ValueError, NotImplementedError) as error:
        raise TypeError(
            f"the suite or a function cannot be sent to another process ({told(error)}); make what cannot be sent "
            "inside the function, or use workers=1"
        ) from error


def unpacked(payload: bytes) -> tuple[Any, dict[str, Callable]]:
    import cloudpickle

    suite, functions, cells = cloudpickle.loads(payload)
    linecache.cache.update({name: (entry[0], None, *entry[2:]) for name, entry in cells.items()})
    return suite, functions


def run_packed(payload: bytes, job: Job) -> tuple[int, dict[str, Outcome]]:
    """One step on a worker of a cluster, which may not see our disk: results go back, and are kept at home."""
    suite, functions = unpacked(payload)
    step, names, _ = job
    return step, dict(measure(suite, step, {name: functions[name] for name in names}))


def _start(payload: bytes, cache_dir: Path | None, threads: int) -> None:
    """In a new worker: end with the parent, share the cores, unpack."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(threads)
    _here["suite"], _here["functions"] = unpacked(payload)
    _here["cache"] = None if cache_dir is None else CellCache(cache_dir)


def _end_with_parent() -> None:
    multiprocessing.parent_process().join()
    os._exit(1)


def _run(job: Job) -> tuple[int, dict[str, Outcome]]:
    step, names, keys = job
    outcomes = {}
    for name, outcome in measure(_here["suite"], step, {name: _here["functions"][name] for name in names}):
        outcomes[name] = outcome
        if (
            _here["cache"] is not None and outcome.error is None
        ):  # at once: the sweep may be killed before the step's end
            _here["cache"].write(keys[name], outcome.value, {"step": step, "function": name})
    return step, outcomes


@contextmanager
def _pool(workers: int, payload: bytes, cache_dir: Path | None) -> Iterator[ProcessPoolExecutor]:
    threads = max(1, torch.get_num_threads() // workers)
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start, (payload, cache_dir, threads))
    try:
        yield pool
    except BaseException:
        for process in list((getattr(pool, "_processes", None) or {}).values()):
            process.terminate()  # or an interrupt would wait for the steps that are under way
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _finished(pool: ProcessPoolExecutor, jobs: Sequence[Job]) -> Iterator[tuple[int, dict[str, Outcome] | None]]:
    """Steps as they finish; None for the outcomes of one whose worker died."""
    futures: dict[Future, Job] = {}
    with _without_main(), suppress(BrokenProcessPool):
        for job in jobs:
            futures[pool.submit(_run, job)] = job
    for future in as_completed(futures):
        step, names, _ = futures[future]
        try:
            yield future.result()
        except BrokenProcessPool:
            yield step, None
        except Exception as error:  # noqa: BLE001  what broke outside of any cell is told for each of the step's cells
            yield step, {name: Outcome(error=told(error)) for name in names}


def _died(job: Job) -> dict[str, Outcome]:
    told_ = "BrokenProcessPool: the worker process died at this step, twice; it may have run out of memory"
    return {name: Outcome(error=told_) for name in job[1]}


@contextmanager
def _without_main() -> Iterator[None]:
    """Start workers that do not run the calling script again, as spawned processes otherwise do."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
