"""What may execute restored notebooks: this machine, or the workers of a cluster; and how the latter may fail."""

from collections.abc import Mapping
from typing import Protocol

from nbformat import NotebookNode

from autograder.execution.limits import Limits
from autograder.execution.notebook import Execution


class Executor(Protocol):
    """Executes a notebook as `autograder.execution.notebook.execute` does."""

    def __call__(
        self, notebook: NotebookNode, cases: Mapping[str, str], *, limits: Limits | None = None, sandboxed: bool = True
    ) -> Execution: ...


class ClusterUnavailable(ConnectionError):
    """There is no scheduler, or it has no workers, or they have another version of the kit."""


class WorkerLost(RuntimeError):
    """Every worker that was given a submission died with it."""
