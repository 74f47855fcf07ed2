"""The peak of what a command and all its processes hold in memory: proportional set size, so that shared pages count once."""

import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

MB = 1e6
_INTERVAL = 0.25  # seconds between two looks


@dataclass(frozen=True)
class Measured:
    """A command that ended well: its seconds, the peak of its memory in megabytes, and what it printed."""

    seconds: float
    peak: float
    output: str


def measured(command: list[str], cwd: Path, environment: Mapping[str, str] | None = None) -> Measured:
    """Run a command to its end. Raises RuntimeError, with what it said, where it ends with an error."""
    started = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    peaks: list[float] = [0.0]
    watch = threading.Thread(target=_watch, args=(process, peaks), daemon=True)
    watch.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - started
    watch.join()
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    return Measured(seconds, max(peaks), output)


def _watch(process: subprocess.Popen, peaks: list[float]) -> None:
    while process.poll() is None:
        try:
            root = psutil.Process(process.pid)
            peaks.append(sum(map(_held, [root, *root.children(recursive=True)])))
        except psutil.NoSuchProcess:
            return
        time.sleep(_INTERVAL)


def _held(process: psutil.Process) -> float:
    try:
        return process.memory_full_info().pss / MB
    except psutil.Error:  # it ended in the meantime
        return 0.0
