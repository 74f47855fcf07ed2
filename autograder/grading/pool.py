"""Several submissions at a time, and no more under way than can be worked on."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def as_finished(
    work: Callable[[Item], Result], items: Iterable[Item], *, workers: int, at_once: int
) -> Iterator[Result]:
    """What `work` gives for each item, as it finishes, `workers` at a time.

    Never more than `at_once` are under way or wait to be taken, so that a thousand need no more memory than ten. What `work`
    raises goes through, and what has not begun then never begins.
    """
    left = iter(items)
    under_way: set[Future] = set()
    with ThreadPoolExecutor(max_workers=workers) as pool:
        try:
            while started := {pool.submit(work, item) for item in islice(left, at_once - len(under_way))} | under_way:
                done, under_way = wait(started, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            for future in under_way:
                future.cancel()
