"""What can go wrong when a model runs on NDIF, each as an error of its own that says what to do.

nnsight lets a fault through as whatever its layers raise: an HTTP status, a broken websocket, a report from the job.
`read_fault` turns each into one of the errors here; the original stays its `__cause__`. Whether asking again can help
is `transient`: a service that restarts, a dropped connection, a preempted job. A wrong key or an error in one's own
code is the same a second later, so it is told at once.

Pitfall: NDIF tells a failed job by its text alone, so the few kinds that are told apart here are recognised by words.
Text that is not recognised is an ordinary failed job, with all of it in `report`.
"""

import json
import pickle
import platform
import re
from dataclasses import dataclass
from importlib.metadata import version

import httpx
import websocket
from nnsight.intervention.backends.remote import RemoteError
from zstandard import ZstdError

_AGAIN = (408, 425, 429)  # too slow, too early, too many: the same request may pass later
_UNREADABLE = (ValueError, KeyError, TypeError, EOFError, RuntimeError, pickle.UnpicklingError, ZstdError)
_ERROR_LINE = re.compile(r"[A-Za-z_][\w.]*(Error|Exception|Interrupt|Exit|Warning)\b")
_LINKS = (httpx.TransportError, websocket.WebSocketException, OSError)


class RemoteSuiteError(RuntimeError):
    """Something that went wrong between here and a model on NDIF; `transient` says whether asking again can help."""

    transient = False
    report = ""  # all that the service told, where that is more than fits a sentence


class NoKeyError(RemoteSuiteError):
    """The service wants an API key and none is set."""


class KeyRefusedError(RemoteSuiteError):
    """The service does not know the API key that was sent."""


class ServiceDownError(RemoteSuiteError):
    """The service cannot be reached, breaks off, or answers that it cannot serve now."""

    transient = True


class VersionRefusedError(RemoteSuiteError):
    """The service does not take requests of this nnsight or Python version."""


class RequestRefusedError(RemoteSuiteError):
    """The service does not take this request, for another reason than key or version."""


class NotHostedError(RemoteSuiteError):
    """The service does not run this revision for this key."""


class PreemptedJobError(RemoteSuiteError):
    """The service stopped the job to make room for another."""

    transient = True


class FailedJobError(RemoteSuiteError):
    """The block raised an error on the service."""


class NotSentError(RemoteSuiteError):
    """The block uses something that cannot be sent."""


class UnexpectedAnswerError(RemoteSuiteError):
    """Something answers at the address, and not as NDIF does."""


@dataclass(frozen=True)
class Place:
    """Where a request goes: what `what` runs there, the service's address, and whether a key went along."""

    what: str
    host: str
    has_key: bool


def read_fault(error: Exception, place: Place) -> RemoteSuiteError | None:
    """The error that tells a fault of nnsight's remote run plainly; None for one that has another origin."""
    if isinstance(error, RemoteSuiteError):
        return error
    cause = error.__cause__ if isinstance(error, RemoteError) and error.__cause__ else error
    status, detail = _answer(cause)
    if status is not None:
        return _refusal(status, detail, place)
    if isinstance(cause, _LINKS):
        return ServiceDownError(_down(f"cannot be reached, or broke off ({cause or type(cause).__name__})", place))
    if isinstance(error, RemoteError):
        return _job_fault(str(error), place)
    if isinstance(error, _UNREADABLE):
        return UnexpectedAnswerError(
            f"{place.what}: what answers at {place.host} sent something that nnsight {version('nnsight')} cannot read "
            f"({type(error).__name__}: {_first_line(str(error))}); expected NDIF, so check NDIF_HOST, "
            "and whether a newer nnsight is out"
        )
    return None


def _answer(error: BaseException) -> tuple[int | None, str]:
    """The HTTP status that a fault carries, and what the service wrote beside it; (None, "") where it carries none."""
    if isinstance(error, httpx.HTTPStatusError):
        body = error.response.content if error.response.is_stream_consumed else b""
        return error.response.status_code, _detail(body)
    if isinstance(error, websocket.WebSocketBadStatusException):
        return error.status_code, _detail(error.resp_body or b"")
    return None, ""


def _detail(body: bytes) -> str:
    text = body.decode(errors="replace").strip()
    try:
        told = json.loads(text)
    except ValueError:
        return "" if text.startswith("<") else _first_line(text)  # a page of a proxy says nothing to a reader
    detail = told.get("detail", told) if isinstance(told, dict) else told
    return detail if isinstance(detail, str) else json.dumps(detail)


def _refusal(status: int, detail: str, place: Place) -> RemoteSuiteError:
    told = f"{status}, {detail}" if detail else str(status)
    if status in (401, 403) and not place.has_key:
        return NoKeyError(
            f"{place.what}: NDIF at {place.host} got no API key ({told}); expected one: get it at "
            "https://login.ndif.us, set NDIF_API_KEY (on Colab, a secret of that name that this notebook may read), try again"
        )
    if status in (401, 403):
        return KeyRefusedError(
            f"{place.what}: NDIF at {place.host} refuses the API key that was sent ({told}); expected one that it gave "
            "out: compare NDIF_API_KEY with the one at https://login.ndif.us, or get a new one there"
        )
    if status >= 500 or status in _AGAIN:
        return ServiceDownError(_down(f"answered {told}", place))
    if "version" in detail.lower():
        return VersionRefusedError(
            f"{place.what}: NDIF at {place.host} refuses nnsight {version('nnsight')} on Python "
            f"{platform.python_version()} ({told}); expected versions that it serves: install those, and restart"
        )
    return RequestRefusedError(
        f"{place.what}: NDIF at {place.host} refused the request ({told}); expected it to be taken: check NDIF_HOST "
        "and the name of the model"
    )


def _job_fault(report: str, place: Place) -> RemoteSuiteError:
    """A failed job by its report: not hosted, preempted, or an error in the block."""
    last = _last_error(report)
    words = report.lower()
    if "hotswapping" in words or "hot-swapping" in words or "not dedicated" in words:
        fault: RemoteSuiteError = NotHostedError(
            f"{place.what}: NDIF at {place.host} does not run it for your key ({last}); expected a hosted step: "
            "suite.availability() tells which are, and load_suite without remote=True runs any of them here"
        )
    elif "preempted" in words:
        fault = PreemptedJobError(
            f"{place.what}: NDIF at {place.host} stopped the job to make room for another ({last}); expected it to "
            "end: run it again, later or in smaller pieces"
        )
    else:
        fault = FailedJobError(
            f"{place.what}: the job failed on NDIF ({last}); expected the block to run to its end: run it here first, "
            "with load_suite without remote=True or on 'pun-world'; the service's whole report is in error.report"
        )
    fault.report = report
    return fault


def _last_error(report: str) -> str:
    """The line of a report that names the error: a traceback's last, else the report's last."""
    lines = [line.rstrip() for line in report.splitlines() if line.strip()]
    named = [line for line in lines if _ERROR_LINE.match(line)]
    return (named or lines or ["no reason given"])[-1].strip()[:300]


def _down(what: str, place: Place) -> str:
    return (
        f"{place.what}: NDIF at {place.host} {what}; expected an answer: check the network, NDIF_HOST and "
        "https://nnsight.net/status, try again later, or run it here with load_suite without remote=True"
    )


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0][:200]
