"""`load_suite`: open a suite, whatever kind it is of.

Each kind is a line of `KINDS`: how its sources are recognised, and what opens them. A new kind is a file of its own in this
room and one line here, above any kind that would recognise its sources too. NDIF is no kind: it runs repositories of the hub.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

from course_utils.suites.base import Suite
from course_utils.suites.saved_runs import open_run
from course_utils.suites.shipped import open_shipped, shipped_runs


@dataclass(frozen=True)
class Request:
    """What `load_suite` was asked for."""

    source: str | Path
    seed: int | None
    dtype: torch.dtype | str | None
    device: str

    @property
    def text(self) -> str:
        return str(self.source)

    @property
    def shipped_name(self) -> str:
        """The source as the name of a run that ships, which may be written with hyphens."""
        return self.text.replace("-", "_")

    @property
    def is_repository(self) -> bool:
        """Whether the source reads as OWNER/NAME on the hub."""
        return isinstance(self.source, str) and self.text.count("/") == 1 and not self.text.startswith((".", "/", "~"))


def _shipped(request: Request) -> Suite:
    return open_shipped(request.shipped_name, request.text, request.seed, request.dtype, request.device)


def _saved(request: Request) -> Suite:
    return open_run(Path(request.source), request.seed, request.dtype, request.device)


def _on_hub(request: Request) -> Suite:
    from course_utils.suites.hub import HubSuite  # its client takes a while to import, as NDIF's below

    _expect_no_seed(request)
    return HubSuite(request.text, dtype=request.dtype, device=request.device)


# The first that recognises a source opens it; one that knows no seeds calls `_expect_no_seed`.
KINDS: tuple[tuple[Callable[[Request], bool], Callable[[Request], Suite]], ...] = (
    (lambda request: request.shipped_name in shipped_runs(), _shipped),
    (lambda request: Path(request.source).is_dir(), _saved),
    (lambda request: request.is_repository, _on_hub),
)


def load_suite(
    source: str | Path,
    *,
    seed: int | None = None,
    remote: bool = False,
    dtype: torch.dtype | str | None = None,
    device: str = "cpu",
) -> Suite:
    """Open a suite that ships, a directory that a trainer of the kit wrote, or a repository on the hub.

    `seed` picks one run of a directory that holds several. `dtype` and `device` are those that models are opened with
    (as stored, and the CPU, unless given). `remote` runs a hub repository's models on NDIF instead of here.

    Raises FileNotFoundError where nothing of that name is found, ValueError for arguments that do not fit the source,
    and for a repository what `hub` says.
    """
    request = Request(source, seed, dtype, device)
    open_it = next((open_it for recognises, open_it in KINDS if recognises(request)), None)
    if remote and open_it not in (None, _on_hub):
        raise ValueError(
            f"got remote=True with {request.text}, which lies here; NDIF runs repositories on the hub alone"
        )
    if remote and (dtype is not None or device != "cpu"):
        raise ValueError(f"got dtype={dtype}, device={device!r} with remote=True; NDIF picks both, so leave them out")
    if open_it is None:
        raise FileNotFoundError(
            f"got {request.text!r}: no suite of that name ships ({', '.join(shipped_runs())}), and there is no such "
            "directory. A repository on the hub is OWNER/NAME, as in EleutherAI/pythia-70m"
        )
    return _on_ndif(request) if remote else open_it(request)


def _on_ndif(request: Request) -> Suite:
    from course_utils.suites.ndif import RemoteSuite

    _expect_no_seed(request)
    return RemoteSuite(request.text)


def _expect_no_seed(request: Request) -> None:
    if request.seed is not None:
        raise ValueError(
            f"got seed={request.seed} with the repository {request.text}; seeds are repositories of their own on the hub"
        )
