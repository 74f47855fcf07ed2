"""What a kernel gives up before it starts, and bombs that the limits on it stop."""

import platform
import sys
import time

import nbformat
import psutil
import pytest

from autograder.execution.confinement import filter_program
from autograder.execution.limits import MIB, Limits
from autograder.execution.notebook import Execution, execute

pytestmark = pytest.mark.usefixtures("sandbox")

known_machine = pytest.mark.skipif(
    not filter_program(platform.machine()), reason=f"the numbers of system calls on {platform.machine()} are not known"
)


def executed(*sources: str, sandboxed: bool = True, **limits: float) -> Execution:
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    given = Limits(**{"cell_seconds": 10, "notebook_seconds": 40, **limits})
    return execute(nbformat.v4.new_notebook(cells=cells), {}, limits=given, sandboxed=sandboxed)


def text(execution: Execution, index: int) -> str:
    return "".join(
        output.get("text", "") + output.get("evalue", "") for output in execution.notebook.cells[index].outputs
    )


@known_machine
@pytest.mark.parametrize(
    "call",
    [
        "memfd_create(b'x', 0)",
        "shmget(0, 4096, 0o1600)",
        "msgget(0, 0o1600)",
        "ptrace(0, 0, 0, 0)",
        "unshare(0x10000000)",
    ],
)
def test_calls_that_a_kernel_has_no_use_for_do_not_exist(call):
    execution = executed(
        f"import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.{call}, ctypes.get_errno())"
    )
    assert text(execution, 0) == "-1 38\n"


@pytest.mark.parametrize("sandboxed", [True, False])
def test_shared_memory_counts_as_memory(sandboxed):
    bomb = "import mmap\nhoard = mmap.mmap(-1, 10 * 2**30)\nfor at in range(0, 10 * 2**30, 4096): hoard[at] = 1"
    execution = executed(bomb, "print(1)", sandboxed=sandboxed, memory_bytes=300 * MIB)
    assert [event.kind for event in execution.events] == ["out-of-memory"]
    assert text(execution, 1) == "1\n"


def test_memory_of_children_counts_too():
    bomb = "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        hoard = b'x' * (80 * 2**20); time.sleep(9)\ntime.sleep(9)"
    execution = executed(bomb, memory_bytes=400 * MIB)
    assert [event.kind for event in execution.events] == ["out-of-memory"]


def test_a_fork_bomb_that_feeds_itself_is_bounded():
    started = time.monotonic()
    execution = executed("import os\nwhile True: os.fork()", "print(1)", processes=16)
    assert [event.kind for event in execution.events] == ["kernel-died"]
    assert text(execution, 1) == "1\n"
    assert time.monotonic() - started < 20


@pytest.mark.parametrize("sandboxed", [True, False])
def test_a_daemon_that_forks_twice_is_gone(sandboxed):
    mark = f"course-kit-twice-forked-{sandboxed}"
    daemon = (
        "import os, sys, time\nif os.fork() == 0:\n    os.setsid(); time.sleep(0.3)\n    if os.fork() == 0:\n"
        f"        os.execv({sys.executable!r}, ['x', '-c', 'import time; time.sleep(60)', '{mark}'])\n    time.sleep(0.3); os._exit(0)\n"
        "time.sleep(1.5)"
    )
    assert executed(daemon, sandboxed=sandboxed).events == ()
    left = [process for process in psutil.process_iter(["cmdline"]) if mark in (process.info["cmdline"] or [])]
    assert left == []
