"""Suites that run on NDIF: the steps of a hub repository, traced on the service's machines instead of here.

    suite = load_suite("EleutherAI/pythia-6.9b", remote=True)
    suite.availability()                          which steps the service runs
    with suite.open(step) as model:
        with model.trace("some text"): ...        the same code as on a suite that runs here

What is traced is sent: the text of the block, the values that it uses, and the functions that it calls from the kit or
from one's own files. The model never comes here; what comes back is what the block saved. Paper: NNsight and NDIF,
arXiv 2407.14561. The address and the key are nnsight's own: NDIF_HOST, and NDIF_API_KEY (on Colab, a secret of that name).

Pitfalls: NDIF hosts few training steps, so ask `availability()` before planning on one. It picks the dtype that a model
runs in (often bfloat16), so numbers differ from those of a run here by rounding. Every trace is a job that queues: save
what is needed from one pass of a batch rather than tracing prompt by prompt. nnsight unpickles what comes back, which can
run code: set NDIF_HOST only to a service that you trust.
"""

import logging
import os
import pickle
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import cloudpickle
import httpx
import websocket
from huggingface_hub import hf_hub_download
from nnsight import TransformersModel
from nnsight.intervention.backends.remote import RemoteBackend
from nnsight.schema.config import CONFIG

import course_utils
from course_utils.suites.hub import HubError, HubSuite, told_plainly
from course_utils.suites.ndif_errors import NotSentError, Place, RemoteSuiteError, UnexpectedAnswerError, read_fault

if TYPE_CHECKING:
    import pandas as pd

HOSTED, NEEDS_SWAPPING, NOT_HOSTED = "hosted", "needs hot-swapping", "not hosted"
_RANK = {HOSTED: 0, NEEDS_SWAPPING: 1, NOT_HOSTED: 2}
_TASK = "text-generation"
_log = logging.getLogger(__name__)
_SILENCE = 30.0  # seconds until a service that does not greet counts as down
T = TypeVar("T")


class RemoteSuite(HubSuite):
    """A hub repository's steps as models that run on NDIF; what the hub tells of them is told as by a `HubSuite`.

    A request that meets a transient fault is sent up to `attempts` times, with pauses of `pause` seconds that double.
    `weights(step)` and `verify()` are about the published files, which they download: NDIF hands out activations, not
    weights. Raises HubError as `HubSuite` does, and when a model is traced the errors of `ndif_errors`.
    """

    def __init__(self, repository: str, *, attempts: int = 4, pause: float = 2.0) -> None:
        if attempts < 1 or pause < 0:
            raise ValueError(
                f"got attempts={attempts}, pause={pause}; expected at least 1 attempt and no negative pause"
            )
        super().__init__(repository)
        self.attempts, self.pause = attempts, pause

    @contextmanager
    def open(self, step: int) -> Iterator["RemoteModel"]:
        """The model of a step, for traces that run on NDIF; it has no weights here, so there is no memory to free.

        Raises KeyError, naming the nearest steps, for a step that does not exist.
        """
        yield self.build(self.existing(step))

    def build(self, step: int) -> "RemoteModel":
        from transformers import AutoConfig

        branch = self.revision(step).name
        with told_plainly(self.name, branch):
            config = AutoConfig.from_pretrained(hf_hub_download(self.name, "config.json", revision=branch))
        return RemoteModel(
            self.name,
            revision=self.service_revision(step),
            task=_TASK,
            tokenizer=copy(self.tokenizer),  # which is changed: see `opening`
            config=config,
            attn_implementation="eager",  # or attention patterns could not be read
            retries=Retries(f"{self.name}, step {step}", self.attempts, self.pause),
        )

    def service_revision(self, step: int) -> str | None:
        """The revision to ask the service for; None, its name for `main`, for the step whose weights `main` holds.

        Services keep `main` and seldom a training step, so the last step should not be missed for its other name.
        """
        name = self.revision(step).name
        return None if step == self.steps[-1] and self._main_is_last else name

    @cached_property
    def _main_is_last(self) -> bool:
        """Whether `main` holds the same weight files as the last step, by the hub's hashes."""
        if "main" not in self.unread:
            return False
        try:
            main = self._hashes("main")
        except HubError as error:
            if error.__cause__ is None:  # the hub answered: no weights in `main`
                return False
            raise
        return main == self._hashes(self.revisions[self.steps[-1]].name)

    def _hashes(self, branch: str) -> set[str]:
        return {file.lfs.sha256 if file.lfs else file.blob_id for file in self._remote_weights(branch)}

    def availability(self) -> "pd.DataFrame":
        """What the service says of each step: "hosted", "needs hot-swapping" or "not hosted", by step.

        "hosted" runs at once. "needs hot-swapping" is known to the service and must first be brought up, which takes
        minutes and a key that may. `revision` is what the service is asked for, `told` what it said. Raises
        ServiceDownError, UnexpectedAnswerError and their like of `ndif_errors`.
        """
        import pandas as pd

        told = self._deployments()
        rows = {}
        for step in self.steps:
            revision = self.service_revision(step) or "main"
            rows[step] = (
                *min((_level(one) for one in told.get(revision, [])), key=_by_rank, default=_ABSENT),
                revision,
            )
        table = pd.DataFrame.from_dict(rows, orient="index", columns=["availability", "told", "revision"])
        return table.rename_axis("step")

    def _deployments(self) -> dict[str, list[Mapping[str, Any]]]:
        """The service's deployments of this repository that run our task, by revision."""
        retries = Retries(f"{self.name}, availability", self.attempts, self.pause)
        host, key = service()
        answer = retries.run(lambda: _status(host, key), Place(retries.what, host, bool(key)))
        found: dict[str, list[Mapping[str, Any]]] = {}
        for one in answer.values():
            same_task = one.get("task") in (None, _TASK)
            if str(one.get("repo_id", "")).lower() == self.name.lower() and same_task:
                found.setdefault(one.get("revision") or "main", []).append(one)
        return found


_ABSENT = (NOT_HOSTED, "")


def _by_rank(row: tuple[str, str]) -> int:
    return _RANK[row[0]]


def _level(deployment: Mapping[str, Any]) -> tuple[str, str]:
    """The availability of a deployment, and the words that tell it: HOT is on a GPU, WARM in memory, COLD on disk."""
    level = str(deployment.get("deployment_level") or "")
    state = str(deployment.get("application_state") or "")
    told = ", ".join(word for word in (level, state) if word)
    if level == "HOT" and state == "RUNNING":
        return HOSTED, told
    if level in ("HOT", "WARM", "COLD") and state != "UNHEALTHY":
        return NEEDS_SWAPPING, told
    return NOT_HOSTED, told


def _status(host: str, key: str | None) -> dict[str, Mapping[str, Any]]:
    headers = {"ndif-api-key": key} if key else {}
    response = httpx.get(f"{host}/status", headers=headers, timeout=httpx.Timeout(10, read=60))
    response.raise_for_status()
    deployments = response.json()["deployments"]
    if not isinstance(deployments, dict) or not all(isinstance(one, dict) for one in deployments.values()):
        raise ValueError(f"deployments are a {type(deployments).__name__}, expected one object for each deployment")
    return deployments


def service() -> tuple[str, str | None]:
    """The address of NDIF and the API key, as they are set now: the environment first, then nnsight's own settings.

    nnsight reads both when it is imported, which in a notebook is before the cell that sets them. Raises ValueError for
    an address without http:// or https://.
    """
    host = os.environ.get("NDIF_HOST") or CONFIG.API.HOST
    if not host.startswith(("http://", "https://")):
        raise ValueError(
            f"got NDIF_HOST={host!r}; expected an address that starts with https://, as https://api.ndif.us"
        )
    return host.rstrip("/"), os.environ.get("NDIF_API_KEY") or CONFIG.API.APIKEY or _colab_secret()


def _colab_secret() -> str | None:
    """The secret NDIF_API_KEY of a notebook on Colab; None elsewhere, or where the notebook may not read it."""
    try:
        from google.colab import userdata
    except ImportError:
        return None
    try:
        return userdata.get("NDIF_API_KEY") or None
    except (userdata.SecretNotFoundError, userdata.NotebookAccessError):
        return None


class Retries:
    """Send a request again where the fault may pass: `attempts` times in all, with pauses that double."""

    def __init__(self, what: str, attempts: int, pause: float) -> None:
        self.what, self.attempts, self.pause = what, attempts, pause

    def run(self, send: Callable[[], T], place: Place) -> T:
        """What `send` returns; raises what `read_fault` makes of its fault once asking again is of no use."""
        for attempt in range(1, self.attempts + 1):
            try:
                return send()
            except Exception as error:
                fault = read_fault(error, place)
                if fault is None:
                    raise
                if attempt == self.attempts or not fault.transient:
                    if attempt > 1:
                        fault.args = (f"{fault} (asked {attempt} times)",)
                    raise fault from (error.__cause__ if fault is error else error)
                wait = self.pause * 2 ** (attempt - 1)
                _log.warning("%s; attempt %d of %d, the next in %g s", fault, attempt, self.attempts, wait)
                time.sleep(wait)
        raise AssertionError("unreachable: the last attempt returns or raises")


class RemoteModel(TransformersModel):
    """An nnsight model whose traces run on NDIF; `model.trace(...)` is written as for a model that is here.

    It has the architecture and the tokenizer and no weights, so what is asked outside a trace (a parameter's values, a
    call of the model) raises RemoteSuiteError or torch's error on tensors without data.
    """

    def __init__(self, repository: str, *, retries: Retries, **load: Any) -> None:
        self._retries = retries
        super().__init__(repository, **load)
        self._module.eval().requires_grad_(False)  # as a model that is opened here

    def trace(self, *inputs: Any, remote: bool | str = True, **options: Any) -> Any:
        return super().trace(*inputs, remote=remote, **options)

    def session(self, *, remote: bool | str = True, **options: Any) -> Any:
        return super().session(remote=remote, **options)

    def dispatch(self) -> None:
        raise RemoteSuiteError(
            f"{self._retries.what}: the model is on NDIF, and was asked to run here; expected a question inside "
            "`with model.trace(...):`, or load_suite without remote=True, which downloads the weights"
        )

    def _remote_backend(self, remote: bool | str, blocking: bool, job_id: str | None, verbose: bool) -> Any:
        if remote == "local":
            self.dispatch()
        host, key = service()
        return PatientBackend(
            self._retries,
            self.to_model_key(),
            host=remote if isinstance(remote, str) else host,
            api_key=key,
            env=self._remoteable_get_env(),
            blocking=blocking,
            job_id=job_id,
            verbose=verbose,
        )

    def _remoteable_class(self) -> type:
        return TransformersModel  # the service knows that class, and not ours

    def _remoteable_model_key(self) -> str:
        with told_plainly(self.repo_id, self.revision or "main"):  # the hub is asked for the name's exact spelling
            return super()._remoteable_model_key()

    def __reduce__(self) -> tuple:
        """Travel as the class that the service knows, without what is for this side only."""
        state = {name: value for name, value in self.__getstate__().items() if name != "_retries"}
        state["kwargs"] = {name: value for name, value in state["kwargs"].items() if name != "config"}
        return object.__new__, (TransformersModel,), state


class PatientBackend(RemoteBackend):
    """nnsight's remote backend, sending again where a fault may pass, and telling each fault plainly."""

    def __init__(self, retries: Retries, model_key: str, **options: Any) -> None:
        super().__init__(model_key, **options)
        self.retries = retries
        self.place = Place(retries.what, self.host, bool(self.api_key))

    def __call__(self, tracer: Any = None) -> Any:
        return self.retries.run(lambda: super(PatientBackend, self).__call__(tracer), self.place)

    def request(self, request: Any, tracer: Any) -> Any:
        # nnsight sets no limit, and would wait for ever on a service that accepts a connection and says nothing. While a
        # job runs a silence is no fault: nnsight then goes on listening.
        before = websocket.getdefaulttimeout()
        websocket.setdefaulttimeout(_SILENCE)
        try:
            return super().request(request, tracer)
        finally:
            websocket.setdefaulttimeout(before)

    def _serialize(self, tracer: Any) -> bytes:
        try:
            with _kit_goes_along():
                return super()._serialize(tracer)
        except (pickle.PicklingError, TypeError, AttributeError, ValueError, OSError) as error:
            raise NotSentError(
                f"{self.place.what}: something that the block uses cannot be sent to NDIF ({error}); expected tensors, "
                "numbers, text, and functions whose source can be read: pass only what the block needs into it"
            ) from error

    @staticmethod
    def parse(message: str | bytes) -> Any:
        # A service that closes in the middle is read by websocket-client as an empty message.
        if not message:
            raise websocket.WebSocketConnectionClosedException(
                "the service closed the connection before the job was done"
            )
        return RemoteBackend.parse(message)

    def finalize(self, content: bytes) -> Any:
        result = super().finalize(content)
        if not isinstance(result, dict):
            raise UnexpectedAnswerError(
                f"{self.place.what}: NDIF at {self.host} sent a {type(result).__name__}; expected the saved values by name"
            )
        return result


@contextmanager
def _kit_goes_along() -> Iterator[None]:
    """Pickle what is of the kit by its source: the service has none of it. Only meanwhile, as dask's workers do have it."""
    already = course_utils.__name__ in cloudpickle.list_registry_pickle_by_value()
    if not already:
        cloudpickle.register_pickle_by_value(course_utils)
    try:
        yield
    finally:
        if not already:
            cloudpickle.unregister_pickle_by_value(course_utils)
