"""A watch over a running kernel from outside: memory, processes, files in its socket folder, time.

Memory is what all its processes hold, private or shared among them, without what they map from files. It is looked at many
times a second, and a kernel that goes over a limit is killed with everything it started.

Pitfall: psutil's "shared" counts memory shared without a file together with mapped files, so it must not be subtracted;
a bomb made of shared memory would weigh nothing.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from autograder.execution.limits import MIB, Limits

_INTERVAL = 0.05  # seconds between two looks
_HELD = ("RssAnon:", "RssShmem:", "VmSwap:")
_SOCKET_FOLDER_BYTES = 1 * MIB  # a connection file and five sockets need a few kilobytes


class Watch:
    """Watches the processes under one process; `verdict` says why they were killed, or is empty."""

    def __init__(self, pid: int, sockets: Path, limits: Limits, deadline: float) -> None:
        self.verdict = ""
        self._root = psutil.Process(pid)
        self._sockets, self._limits, self._deadline = sockets, limits, deadline
        self._stopped = threading.Event()
        self._seen: set[psutil.Process] = set()
        self._thread = threading.Thread(target=self._run, name="kernel watch", daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()
        for process in self._seen:  # outside of a box, a daemon is no longer under the kernel that started it
            _kill(process)

    def condemn(self, verdict: str) -> None:
        """Kill the kernel with everything it started, for a reason; the first reason stays."""
        self.verdict = self.verdict or verdict
        kill_group(self._root.pid)

    def _run(self) -> None:
        looks: list[Callable[[list[psutil.Process]], str]] = [self._time, self._count, self._memory, self._files]
        while not self._stopped.wait(_INTERVAL):
            try:
                processes = [self._root, *self._root.children(recursive=True)]
            except psutil.NoSuchProcess:
                return
            self._seen.update(processes[1:])
            verdict = next((found for look in looks if (found := look(processes))), "")
            if verdict:
                self.condemn(verdict)
                return

    def _time(self, _: list[psutil.Process]) -> str:
        return "timeout" if time.monotonic() > self._deadline else ""

    def _count(self, processes: list[psutil.Process]) -> str:
        return "too-many-processes" if len(processes) > self._limits.processes else ""

    def _memory(self, processes: list[psutil.Process]) -> str:
        return "out-of-memory" if sum(map(_held_bytes, processes)) > self._limits.memory_bytes else ""

    def _files(self, _: list[psutil.Process]) -> str:
        return "too-much-output" if _folder_bytes(self._sockets) > _SOCKET_FOLDER_BYTES else ""


def _held_bytes(process: psutil.Process) -> int:
    """Resident memory that is no file's, and swapped memory; on systems without /proc all that is resident."""
    try:
        with open(f"/proc/{process.pid}/status", encoding="utf-8", errors="replace") as status:
            fields = dict(line.split(":", 1) for line in status if line.startswith(_HELD))
        return sum(int(value.split()[0]) * 1024 for value in fields.values())
    except (FileNotFoundError, ProcessLookupError):
        return process.memory_info().rss if not os.path.isdir("/proc/self") and process.is_running() else 0


def _folder_bytes(folder: Path) -> int:
    total = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            try:
                total += max(os.lstat(os.path.join(parent, name)).st_size, 1024)
            except FileNotFoundError:  # removed since it was listed
                continue
    return total


def _kill(process: psutil.Process) -> None:
    try:
        process.kill()  # refuses where the number now names another process
    except psutil.NoSuchProcess:
        return


def kill_group(pid: int) -> None:
    """Kill a process, its group, and all that stands under it: a box that is not yet built does not die with its builder."""
    try:
        under = psutil.Process(pid).children(recursive=True)
    except psutil.NoSuchProcess:
        under = []
    for kill in (os.killpg, os.kill):
        try:
            kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    for process in under:
        _kill(process)
