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
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from autograder.execution.kernel_messages import CUT, carries_answers, is_check, keep_within, size
from autograder.execution.limits import MIB, Limits
from autograder.execution.sandbox import StudentKernelManager, Workspace, workspace
from autograder.execution.watching import Watch, kill_group

MAX_RESTARTS = 3
_GRACE = 5  # seconds that a kernel has to become idle after it was interrupted, or after it said that a cell is done
_FLOOD = 16  # a kernel that prints this many times what is kept is stopped
_TIMED_OUT = "CellTimedOut"

_MESSAGES = {
    "timeout": "this cell ran longer than the {cell_seconds:g} s that a cell may take, and was stopped",
    "out-of-memory": "this cell used more than the {memory:g} MB that a notebook may use, and its Python was stopped",
    "too-much-output": "this cell printed far more than is kept, and its Python was stopped",
    "cut": "this cell printed more than is kept; the rest of its output was left out",
    "large-message": "this cell showed something too large to be received, and its Python was started again",
    "large-answers": "the answers of this check take more than the {answer:g} MB that answers may, and were left out",
    "nonsense": "this cell made its Python send messages that cannot be understood, and its Python was stopped",
    "too-many-processes": "this cell started more processes than a notebook may, and its Python was stopped",
    "kernel-died": "this cell ended its Python process",
    "notebook-timeout": "the notebook ran longer than its {notebook_seconds:g} s; this cell was not run to its end",
    "not-run": "this cell was not run, as the Python of this notebook had ended too often before",
}
# Kinds of which a grader's table need not tell more than this.
_KINDS = {
    "notebook-timeout": "timeout",
    "not-run": "kernel-died",
    "too-many-processes": "kernel-died",
    "nonsense": "kernel-died",
    "cut": "too-much-output",
    "large-message": "too-much-output",
    "large-answers": "too-much-output",
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
    notebook: NotebookNode,
    cases: Mapping[str, str],
    *,
    limits: Limits | None = None,
    sandboxed: bool = True,
    user: str | None = None,
) -> Execution:
    """Execute a notebook's code cells, those tagged "experiment" apart, and return an executed copy.

    `cases` are files, by name, that the kernel finds in the folder of cases. Without a sandbox the kernel may run as
    another `user`, if we are root. Never raises because of what the code does; raises SandboxUnavailable where the kernel
    cannot be boxed at all.
    """
    started = time.monotonic()
    session = _Session(nbformat.from_dict(notebook), limits or Limits(), sandboxed, started)
    with workspace(dict(cases), user) as place:
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
            iopub_timeout=_GRACE,
            raise_on_iopub_timeout=True,  # the way of outputs is gone after a message that is too large to be received
            store_widget_state=False,
            startup_timeout=60,
            on_cell_executed=self._look_at_reply,
        )
        self.limits = limits
        self.asked_to_exit = False
        self.watch: Watch | None = None
        self.timed_out = False
        self.noted: list[tuple[str, int]] = []  # what befell the outputs of a cell: its kind, and the cell's index
        self._heard = 0
        self.start_cell(limits.cell_output_bytes)

    def start_cell(self, room: int) -> None:
        """Be ready for the next cell, of whose outputs so many bytes are kept."""
        self._room, self._kept, self._answered, self._full = room, 0, False, False

    def process_message(self, msg: dict, cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        kind, content = msg["msg_type"], msg["content"]
        if kind.startswith("comm"):  # the talk of widgets, which have nobody to talk to here
            self._hear(size(content))
            return None
        if kind == "status" or self._is_kept(kind, content, cell, cell_index):
            return super().process_message(msg, cell, cell_index)
        return None

    def _is_kept(self, kind: str, content: dict, cell: NotebookNode, cell_index: int) -> bool:
        """Whether there is room for a message; the first one without leaves a note instead."""
        if carries_answers(cell, kind, content) and not self._answered:
            self._answered = True
            return self._admits_answers(content, cell_index)
        length = size(content)
        self._hear(length)
        self._kept += length
        if not self._full and self._kept > self._room:  # measured anew, as a cell can take back what it showed
            self._kept = printed_size(cell) + length
            if self._kept > self._room:
                self._full = True
                self.noted.append(("cut", cell_index))
                cell.outputs.append(nbformat.v4.new_output("stream", name="stderr", text=CUT))
        return not self._full

    def _admits_answers(self, content: dict, cell_index: int) -> bool:
        if size(content) <= self.limits.answer_bytes:
            return True
        self.noted.append(("large-answers", cell_index))
        return False

    def _hear(self, length: int) -> None:
        self._heard += length
        if self._heard > _FLOOD * self.limits.output_bytes:
            self.watch.condemn("too-much-output")

    def _look_at_reply(self, cell: NotebookNode, cell_index: int, execute_reply: dict) -> None:
        """Note an `exit()`, after which the kernel answers and ends a moment later, in the midst of the next cell."""
        payload = execute_reply["content"].get("payload") or []
        self.asked_to_exit = any(entry.get("source") == "ask_exit" for entry in payload)

    async def _async_handle_timeout(self, timeout: int, cell: NotebookNode | None = None) -> dict | None:
        self.timed_out = True
        return await super()._async_handle_timeout(timeout, cell)


def _runs(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "experiment" not in cell.metadata.get("tags", [])


def printed_size(cell: NotebookNode) -> int:
    """The size of what is kept of a cell, answers apart."""
    return sum(size(output) for output in cell.outputs if not carries_answers(cell, output.output_type, output))


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
        for index in keep_within(self.notebook.cells, self.limits):
            self._note("cut", index)

    async def _run_in_one_kernel(self, place: Workspace, todo: list[int]) -> list[int]:
        """Run cells until they are done or the kernel is lost; returns the cells that are left."""
        async with self._kernel(place) as client:
            if client is None:
                return todo
            for index in self._to_replay(todo[0]):
                if not await self._replay_cell(client, index):
                    return todo
            for position, index in enumerate(todo):
                if not await self._run_cell(client, index, self.notebook.cells[index]):
                    return todo[position + 1 :]
        return []

    async def _replay_cell(self, client: _Client, index: int) -> bool:
        """Run a cell once more for what it defines, and keep what it showed the first time."""
        shown = self.notebook.cells[index]
        going_on = await self._run_cell(client, index, nbformat.from_dict(shown))
        self.notebook.cells[index] = shown
        return going_on

    def _to_replay(self, first: int) -> list[int]:
        """The cells before one, which a fresh kernel has to run again: no checks, and none that ended a kernel."""
        cells = self.notebook.cells
        return [i for i in range(first) if _runs(cells[i]) and not is_check(cells[i]) and i not in self._killers]

    async def _run_cell(self, client: _Client, index: int, cell: NotebookNode) -> bool:
        """Run one cell; returns whether the kernel can go on. A cell that lost its kernel or its time is not replayed."""
        client.start_cell(self._room_for(index))
        try:
            await client.async_execute_cell(cell, index)
            going_on = await self._survived_timeout(client, index)
            if client.asked_to_exit:
                going_on = False
                self._note("kernel-died", index)
        except DeadKernelError:
            going_on = False
            self._note(self._cause_of_death(client), index)
        except CellTimeoutError:
            going_on = False
            self._note("timeout" if client.timed_out else client.watch.verdict or "large-message", index)
        except Exception:  # noqa: BLE001 - whatever a forged message breaks on its way is the doing of this cell
            going_on = False
            self._note("nonsense" if not client.watch.verdict else self._cause_of_death(client), index)
        for kind, noted in client.noted:
            self._note(kind, noted)
        client.noted.clear()
        if not going_on:
            self._killers.add(index)
        return going_on

    def _room_for(self, index: int) -> int:
        """How much of a cell's output can be kept, after what the other cells printed."""
        others = sum(printed_size(cell) for i, cell in enumerate(self.notebook.cells) if _runs(cell) and i != index)
        return max(0, min(self.limits.cell_output_bytes, self.limits.output_bytes - others))

    async def _survived_timeout(self, client: _Client, index: int) -> bool:
        """After a cell that ran out of time: note it, and say whether its interrupt made the kernel idle again."""
        if not client.timed_out:
            return True
        client.timed_out = False
        self._killers.add(index)
        self._note("timeout", index)
        try:
            # The outer bound is for a kernel that goes on printing, as waiting includes reading all that it prints.
            await asyncio.wait_for(client.kc.wait_for_ready(timeout=_GRACE), 2 * _GRACE)
        except (RuntimeError, TimeoutError):
            return False
        return True

    @asynccontextmanager
    async def _kernel(self, place: Workspace) -> AsyncIterator[_Client | None]:
        """A kernel under watch, gone with all it started when this ends; None where the time was up before it began.

        Raises RuntimeError where a kernel cannot be started, which no student's code can bring about.
        """
        manager = StudentKernelManager(workspace=place, limits=self.limits, sandboxed=self.sandboxed)
        client = _Client(self.notebook, manager, self.limits)
        await client.async_start_new_kernel()
        pid = manager.provisioner.process.pid
        try:
            with Watch(pid, place.sockets, self.limits, self.deadline) as client.watch:
                yield client if await self._ready(client) else None
        finally:
            kill_group(pid)
            if client.kc is not None:
                client.kc.stop_channels()
            await manager.shutdown_kernel(now=True)

    async def _ready(self, client: _Client) -> bool:
        try:
            await client.async_start_new_kernel_client()
        except RuntimeError:
            if time.monotonic() < self.deadline:
                raise
            return False
        return True

    def _cause_of_death(self, client: _Client) -> str:
        verdict = client.watch.verdict or "kernel-died"
        return "notebook-timeout" if verdict == "timeout" else verdict

    def _note(self, kind: str, index: int) -> None:
        limits = self.limits
        message = _MESSAGES[kind].format(
            cell_seconds=limits.cell_seconds,
            notebook_seconds=limits.notebook_seconds,
            memory=limits.memory_bytes / MIB,
            answer=limits.answer_bytes / MIB,
        )
        event = Event(_KINDS.get(kind, kind), self.notebook.cells[index].id, message)
        if event not in self.events:
            self.events.append(event)


def notices(events: tuple[Event, ...]) -> dict[str, str]:
    """What befell cells, by cell id, as it is told to the student."""
    return {event.cell_id: event.message for event in events}
