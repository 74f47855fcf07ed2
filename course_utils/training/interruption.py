"""Stopping long work by hand without losing what is half done: an update is finished first, then the loop ends.

with interrupts() as stop:
    for step in steps:
        update()
        if stop:
            break
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def interrupts() -> Iterator[list[int]]:
    """A list that is empty until the person interrupts (Ctrl-C, or the stop button of a notebook)."""
    stop: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # where Python allows no handler
        yield stop
        return
    before = signal.signal(signal.SIGINT, lambda number, _: stop.append(number))
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before or signal.SIG_DFL)  # None: it was not set from Python
