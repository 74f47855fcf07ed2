"""Sharing a machine's cores among a few workers, each with a large portion of the work.

torch shares every product among its own threads, which wait for each other after each one. Small networks make thousands
of small products in a second, so that the waiting costs more than the sharing brings; and the threads wait by spinning,
which on a machine that has other work to do makes a step ten times as slow. A worker that takes a whole portion, on one
core, waits for nobody.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import torch


@contextmanager
def threads(count: int) -> Iterator[None]:
    """torch computes on this many threads until the block ends: sums depend, in their last digits, on how many they are."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def one_thread() -> AbstractContextManager[None]:
    """Leave the cores to the workers: torch in this thread computes on one core until the block ends."""
    return threads(1)


def worker_pool(workers: int) -> ThreadPoolExecutor | None:
    """Threads with an equal share of the cores each, or None for fewer than two; they count subnormal numbers as 0."""
    if workers < 2:
        return None
    share = max(1, torch.get_num_threads() // workers)
    return ThreadPoolExecutor(workers, initializer=_begin, initargs=(share,))


def _begin(threads: int) -> None:
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)  # a setting of each thread; see `subnormals`
