"""Restored notebook -> executed notebook: the untrusted part, in a kernel that can do no harm.

Whatever a student's code does, `execute` comes back, within its time, with the outputs that came and a list of what
befell the kernel. A kernel that dies, or that cannot be interrupted, is started again after the cell that did it, so that
later exercises count: the cells before it are run once more, without the checks and without that cell.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import nbformat
import zmq
import zmq.asyncio
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat import NotebookNode

from autograder.limits import MIB, Limits
from autograder.sandbox import StudentKernelManager, Workspace, workspace
from autograder.watching import Watch, kill_group
from course_utils.checks import ANSWERS_MIME

MAX_RESTARTS = 3
_GRACE = 5.0  # seconds that an interrupted kernel has to become idle again
_MAX_MESSAGE_BYTES = 16 * MIB
_FLOOD = 16  # a kernel that prints this many times what is kept is stopped
_TIMED_OUT = "CellTimedOut"

_MESSAGES = {
    "timeout": "this cell ran longer than the {cell_seconds:g} s that a cell may take, and was stopped",
    "out-of-memory": "this cell used more than the {memory:g} MB that a notebook may use, and its Python was stopped",
    "too-much-output": "this cell printed far more than is kept, and its Python was stopped",
    "too-many-processes": "this cell started more processes than a notebook may, and its Python was stopped",
    "kernel-died": "this cell ended its Python process",
    "notebook-timeout": "the notebook ran longer than its {notebook_seconds:g} s; this cell was not run to its end",
    "not-run": "this cell was not run, as the Python of this notebook had ended too often before",
}


@dataclass(frozen=True)
class Event:
    """Something that befell the kernel in a cell: its kind, the cell's id, and a sentence for the student."""

    kind: str
    cell_id: str
    message: str


@dataclass(frozen=True)
class Execution:
    """An executed notebook, what befell its kernel, and how long it took in seconds."""

    notebook: NotebookNode
    events: tuple[Event, ...]
    seconds: float


def execute(
    notebook: NotebookNode, cases: Mapping[str, str], *, limits: Limits | None = None, sandboxed: bool = True
) -> Execution:
    """Execute a notebook's code cells, those tagged "experiment" apart, and return an executed copy.

    `cases` are files, by name, that the kernel finds in the folder of cases. Never raises because of what the code
    does; raises SandboxUnavailable where the kernel cannot be boxed at all.
    """
    started = time.monotonic()
    session = _Session(nbformat.from_dict(notebook), limits or Limits(), sandboxed, started)
    with workspace(dict(cases)) as place:
        # A thread of its own, as a notebook or another grader may already run an event loop in this one.
        runner = threading.Thread(target=lambda: asyncio.run(session.run(place)), name="execute")
        runner.start()
        runner.join()
    if session.fault is not None:
        raise session.fault
    return Execution(session.notebook, tuple(session.events), time.monotonic() - started)


class _Client(NotebookClient):
    """nbclient with a bound on what is kept of the outputs, and on what is listened to at all."""

    def __init__(self, notebook: NotebookNode, manager: StudentKernelManager, limits: Limits) -> None:
        super().__init__(
            notebook,
            km=manager,
            timeout=max(1, round(limits.cell_seconds)),
            interrupt_on_timeout=True,
            error_on_timeout={"ename": _TIMED_OUT, "evalue": "", "traceback": []},
            allow_errors=True,
            store_widget_state=False,
            startup_timeout=60,
        )
        self.limits = limits
        self.watch: Watch | None = None
        self.timed_out = False
        self._heard = 0

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        self._heard += (size := _size(msg["content"]))
        if self._is_answer(msg, cell, size):
            self._heard -= size
        elif self._heard > self.limits.output_bytes and msg["msg_type"] != "status":
            if self._heard > _FLOOD * self.limits.output_bytes:
                self.watch.condemn("too-much-output")
            return None
        return super().process_message(msg, cell, cell_index)

    def _is_answer(self, msg: dict, cell: NotebookNode, size: int) -> bool:
        """Whether a message is the one set of answers that a check may hand out, which is not counted as output."""
        answered = any(ANSWERS_MIME in output.get("data", {}) for output in cell.outputs)
        carries = ANSWERS_MIME in (msg["content"].get("data") or {})
        return is_check(cell) and carries and not answered and size <= self.limits.answer_bytes

    async def _async_handle_timeout(self, timeout: int, cell: NotebookNode | None = None) -> dict | None:
        self.timed_out = True
        return await super()._async_handle_timeout(timeout, cell)


def is_check(cell: NotebookNode) -> bool:
    """Whether a cell is a check that gives points."""
    metadata = cell.metadata.get("nbgrader", {})
    return bool(metadata.get("grade")) and not metadata.get("solution")


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "experiment" not in cell.metadata.get("tags", [])


def _size(content: object) -> int:
    """A bound on the characters of a message, without making a text of it."""
    if isinstance(content, str):
        return len(content) + 16
    if isinstance(content, dict):
        return 16 + sum(len(key) + _size(value) for key, value in content.items())
    if isinstance(content, list):
        return 16 + sum(map(_size, content))
    return 16


@dataclass
class _Session:
    """One notebook on its way through one or more kernels."""

    notebook: NotebookNode
    limits: Limits
    sandboxed: bool
    started: float
    events: list[Event] = field(default_factory=list)
    fault: BaseException | None = None
    _killers: set[int] = field(default_factory=set)

    @property
    def deadline(self) -> float:
        return self.started + self.limits.notebook_seconds

    async def run(self, place: Workspace) -> None:
        try:
            await self._run(place)
        except BaseException as error:  # noqa: BLE001 - carried over to the caller's thread, which raises it
            self.fault = error

    async def _run(self, place: Workspace) -> None:
        for cell in self.notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        todo = [index for index, cell in enumerate(self.notebook.cells) if _runs(cell)]
        for _ in range(1 + MAX_RESTARTS):
            if todo and time.monotonic() < self.deadline:
                todo = await self._run_in_one_kernel(place, todo)
                place = place.for_next_kernel()
        kind = "notebook-timeout" if time.monotonic() > self.deadline else "not-run"
        for index in todo:
            self._note(kind, index)

    async def _run_in_one_kernel(self, place: Workspace, todo: list[int]) -> list[int]:
        """Run cells until they are done or the kernel is lost; returns the cells that are left."""
        async with self._kernel(place) as client:
            for index in self._to_replay(todo[0]):
                if not await self._run_cell(client, index, replay=True):
                    self._killers.add(index)
                    return todo
            for position, index in enumerate(todo):
                if not await self._run_cell(client, index, replay=False):
                    self._killers.add(index)
                    return todo[position + 1 :]
        return []

    def _to_replay(self, first: int) -> list[int]:
        """The cells before one, which a fresh kernel has to run again: no checks, and none that ended a kernel."""
        cells = self.notebook.cells
        return [i for i in range(first) if _runs(cells[i]) and not is_check(cells[i]) and i not in self._killers]

    async def _run_cell(self, client: _Client, index: int, *, replay: bool) -> bool:
        """Run one cell; returns whether the kernel can go on."""
        cell = nbformat.from_dict(self.notebook.cells[index]) if replay else self.notebook.cells[index]
        try:
            await client.async_execute_cell(cell, index)
        except DeadKernelError:
            self._note(self._cause_of_death(client), index)
            return False
        return await self._survived_timeout(client, index)

    async def _survived_timeout(self, client: _Client, index: int) -> bool:
        """After a cell that ran out of time: note it, and say whether its interrupt made the kernel idle again."""
        if not client.timed_out:
            return True
        client.timed_out = False
        self._note("timeout", index)
        try:
            await client.kc.wait_for_ready(timeout=_GRACE)
        except RuntimeError:
            return False
        return True

    @asynccontextmanager
    async def _kernel(self, place: Workspace) -> AsyncIterator[_Client]:
        """A kernel under watch, which is gone with all it started when this ends."""
        manager = StudentKernelManager(
            workspace=place, limits=self.limits, sandboxed=self.sandboxed, context=_bounded_context()
        )
        client = _Client(self.notebook, manager, self.limits)
        await client.async_start_new_kernel()
        pid = manager.provisioner.process.pid
        try:
            with Watch(pid, place.sockets, self.limits, self.deadline) as client.watch:
                await client.async_start_new_kernel_client()
                yield client
        finally:
            kill_group(pid)
            if client.kc is not None:
                client.kc.stop_channels()
            await manager.shutdown_kernel(now=True)
            manager.context.destroy(linger=0)

    def _cause_of_death(self, client: _Client) -> str:
        verdict = client.watch.verdict or "kernel-died"
        return "notebook-timeout" if verdict == "timeout" else verdict

    def _note(self, kind: str, index: int) -> None:
        limits = self.limits
        message = _MESSAGES[kind].format(
            cell_seconds=limits.cell_seconds,
            notebook_seconds=limits.notebook_seconds,
            memory=limits.memory_bytes / MIB,
        )
        shown = {"notebook-timeout": "timeout", "not-run": "kernel-died", "too-many-processes": "kernel-died"}
        self.events.append(Event(shown.get(kind, kind), self.notebook.cells[index].id, message))


def _bounded_context() -> zmq.asyncio.Context:
    """A messaging context in which a kernel cannot make the grader hold more than a few hundred megabytes."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.MAXMSGSIZE, _MAX_MESSAGE_BYTES)
    context.setsockopt(zmq.LINGER, 0)
    return context
