"""The untrusted part on other machines: restored notebooks go to the workers of a dask scheduler, executed ones come back.

A worker gets a notebook's text, the inputs of the cases and the limits, and gives back the executed text, as JSON both ways. It
sees no gradebook, no expected answer and no other submission, and it boxes the student's code just as `grade` does. It
needs of the kit what executes, and neither `solutions/` nor the exercises.

A worker that dies is no student's fault: dask gives what it had to another one, as often as the scheduler's setting
`allowed-failures` says, and only then the submission gets the status "worker-lost".
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import asdict

import nbformat
from distributed import Client, Future, KilledWorker, Worker
from nbformat import NotebookNode

from autograder.execution.executors import ClusterUnavailable, WorkerLost
from autograder.execution.kit_fingerprint import kit_fingerprint
from autograder.execution.limits import Limits
from autograder.execution.notebook import Event, Execution, execute
from autograder.execution.sandbox import sandbox_available

PATIENCE = 60.0  # seconds without any worker, after which a run ends
CONNECT = 30.0  # seconds to wait for a scheduler and a first worker, and for a scheduler that was lost
_LOOK = 2.0  # seconds between two looks at whether there are workers


class Cluster:
    """The workers of one scheduler, used like `execute`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def places(self) -> int:
        """How many notebooks the workers run at the same time; none where the scheduler does not answer."""
        known = self._client.scheduler_info(n_workers=-1)  # empty without a connection
        return sum(worker["nthreads"] for worker in known.get("workers", {}).values())

    def execute(
        self, notebook: NotebookNode, cases: Mapping[str, str], *, limits: Limits | None = None, sandboxed: bool = True
    ) -> Execution:
        """What `autograder.execution.notebook.execute` gives, from a worker.

        Raises WorkerLost where those that tried died, ClusterUnavailable where the scheduler is gone, or all its workers.
        """
        job = json.dumps([notebook, dict(cases), asdict(limits or Limits()), sandboxed, kit_fingerprint()])
        future = self._client.submit(run_job, job, pure=False)
        try:
            return _read(self._result(future))
        except KilledWorker as error:
            raise WorkerLost(f"{error.allowed_failures + 1} workers ended while they ran this submission") from error
        except CancelledError as error:
            raise ClusterUnavailable(f"the dask scheduler is gone. {_GO_ON}") from error
        finally:
            future.release()

    def _result(self, future: Future) -> str:
        alone_since = None
        while True:
            try:
                return future.result(timeout=_LOOK)
            except TimeoutError:
                if future.status == "error":  # the worker's own
                    raise
                alone_since = None if self.places else alone_since or time.monotonic()
            if alone_since and time.monotonic() - alone_since > PATIENCE:
                raise ClusterUnavailable(f"the scheduler or all its workers are gone since {PATIENCE:g} s. {_GO_ON}")


_GO_ON = "Start it again, with workers, and go on with --resume: what is graded stays graded"


@contextmanager
def cluster(scheduler: str) -> Iterator[Cluster]:
    """The workers of the scheduler at an address such as tcp://10.0.0.1:8786.

    Raises ClusterUnavailable where none answers there, where it has no workers, or where one has another version of the kit.
    """
    try:
        client = Client(scheduler, set_as_default=False, timeout=CONNECT)
    except (OSError, TimeoutError, ValueError) as error:
        raise ClusterUnavailable(
            f"no dask scheduler answers at {scheduler!r} ({error}). Start one with `dask scheduler`, and on each machine a "
            f"worker with `python -m autograder worker {scheduler}`"
        ) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=CONNECT)
            _refuse_other_versions(client)
        except TimeoutError as error:
            raise ClusterUnavailable(
                f"the dask scheduler at {scheduler} has no workers. Start one on each machine with "
                f"`python -m autograder worker {scheduler}`"
            ) from error
        yield Cluster(client)


def _refuse_other_versions(client: Client) -> None:
    for address, found in client.run(kit_fingerprint, on_error="return").items():
        if found != kit_fingerprint():
            raise ClusterUnavailable(
                f"the worker at {address} has another version of the kit ({found}), or none. Give it the files that are "
                "here, and start it with `python -m autograder worker`"
            )


def run_job(job: str) -> str:
    """On a worker: execute one notebook. Raises ClusterUnavailable where the grader has another version of the kit."""
    notebook, cases, limits, sandboxed, theirs = json.loads(job)
    if theirs != kit_fingerprint():
        raise ClusterUnavailable(
            f"this worker has another version of the kit ({kit_fingerprint()}) than the grader ({theirs})"
        )
    execution = execute(nbformat.from_dict(notebook), cases, limits=Limits(**limits), sandboxed=sandboxed)
    return json.dumps([execution.notebook, [asdict(event) for event in execution.events], execution.seconds])


def _read(result: str) -> Execution:
    notebook, events, seconds = json.loads(result)
    return Execution(nbformat.from_dict(notebook), tuple(Event(**event) for event in events), seconds)


def serve(scheduler: str, places: int) -> None:
    """Be a worker that executes so many notebooks at the same time, until the scheduler ends.

    Raises SandboxUnavailable where no sandbox can be had here, ClusterUnavailable where no scheduler answers.
    """
    sandbox_available()
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_serve(scheduler, places, folder))


async def _serve(scheduler: str, places: int, folder: str) -> None:
    try:
        # No limit on memory: what a student's code takes is watched by `execute`, and the worker itself holds little.
        worker = await Worker(scheduler, nthreads=places, memory_limit=0, local_directory=folder, dashboard=False)
    except (OSError, TimeoutError, ValueError, RuntimeError) as error:  # dask wraps the first three in the last
        told = error.__cause__ or error
        raise ClusterUnavailable(f"no dask scheduler answers at {scheduler!r} ({told})") from error
    print(f"executes {places} notebooks at a time for {scheduler}", flush=True)
    await worker.finished()
