"""An NDIF of our own on a loopback port: it speaks nnsight 0.8's protocol and truly runs the block that is sent.

It is a process of its own, as the real one: models come from the hub (HF_ENDPOINT) by the key in the request, a request is
unpickled by nnsight's own code against the loaded model, and the kit cannot be imported in it, so that what a block needs
must have travelled with it. A `Behaviour` makes it fail as services fail, each a given number of times.

    with serving_ndif(hub.address, cache) as ndif: ...     ndif.address, ndif.set(...), ndif.seen()
"""

import asyncio
import json
import os
import subprocess
import sys
import traceback
import urllib.request
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from importlib.abc import MetaPathFinder
from io import BytesIO
from pathlib import Path
from typing import Any

OURS = ("course_utils", "autograder", "tests", "solutions", "docs", "benchmarks")


@dataclass
class Behaviour:
    """What the service knows and how it fails; a fault in `faults` happens that many times, -1 for always.

    Faults: `subscribe_500`, `subscribe_breaks` (before the session), `request_503`, `request_500`, `request_413`,
    `breaks_off` (after the job was taken), `closes` (the same, politely), `preempted`, `broken_result`, `no_json`,
    `wrong_result` (not the saved values), `download_503`, `status_503`, `page` (a proxy's page of HTML, for all).
    """

    keys: list[str] = field(default_factory=list)  # none: no key is asked for
    oldest_nnsight: str = "0.8"
    levels: dict[str, list[str]] = field(default_factory=dict)  # revision -> [deployment level, state]; none: runs all
    repository: str = "EleutherAI/pythia-14m"  # whose levels these are
    swaps: bool = True  # whether models that are not up may be brought up
    pause: float = 0.0  # seconds that each job waits before it runs
    by_url: bool = False  # whether results are fetched from an address instead of sent along
    failing: list[str] = field(default_factory=list)  # revisions whose jobs end in an error of the service
    faults: dict[str, int] = field(default_factory=dict)


@dataclass
class LocalNdif:
    """A running service, seen from a test."""

    address: str
    process: subprocess.Popen

    def set(self, **behaviour: Any) -> None:
        """Behave so from now on, and forget the requests so far."""
        _ask(f"{self.address}/control", json.dumps(asdict(Behaviour(**behaviour))).encode())

    def seen(self) -> dict[str, Any]:
        """How often each path was asked for (`asked`), the jobs run (`jobs`: model key and envelope)."""
        return json.loads(_ask(f"{self.address}/control"))

    def stop(self) -> None:
        """End the service as a crash does."""
        self.process.kill()
        self.process.wait()


@contextmanager
def serving_ndif(hub: str, cache: Path) -> Iterator[LocalNdif]:
    """Serve on a free loopback port, with models from a hub, until the block ends."""
    environment = os.environ | {
        "HF_ENDPOINT": hub,
        "HF_HUB_CACHE": str(cache),
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        "OMP_NUM_THREADS": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    for name in ("NDIF_HOST", "NDIF_API_KEY", "HF_HUB_OFFLINE"):
        environment.pop(name, None)
    process = subprocess.Popen(
        [sys.executable, __file__], env=environment, cwd=cache, stdout=subprocess.PIPE, text=True
    )
    try:
        line = process.stdout.readline()
        if not line.startswith("http"):
            raise RuntimeError(f"the local NDIF did not start: {line!r}; its errors are above")
        yield LocalNdif(line.strip(), process)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def _ask(url: str, body: bytes | None = None) -> bytes:
    with urllib.request.urlopen(urllib.request.Request(url, data=body), timeout=30) as answer:
        return answer.read()


# --- the process of the service ------------------------------------------------------------------------------------------


class Refused(Exception):
    """An answer other than 200: its status and what it says."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


class NotInstalledHere(MetaPathFinder):
    """The kit cannot be imported on the service, as on the real one."""

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name.partition(".")[0] in OURS:
            raise ModuleNotFoundError(f"No module named {name!r} on the service", name=name)


class Service:
    """The service's state, and a job from its request to its result."""

    def __init__(self) -> None:
        self.behaviour = Behaviour()
        self.models: dict[str, Any] = {}
        self.asked: dict[str, int] = {}
        self.jobs: list[dict] = []
        self.sockets: dict[str, Any] = {}
        self.results: dict[str, bytes] = {}
        self.statuses: dict[str, str] = {}
        self.worker = ThreadPoolExecutor(1)
        self.address = ""

    def happens(self, fault: str) -> bool:
        """Whether a fault happens now; each time counts."""
        left = self.behaviour.faults.get(fault, 0)
        if left > 0:
            self.behaviour.faults[fault] = left - 1
        return left != 0

    def admit(self, headers: Any) -> None:
        """Raise Refused for a request without a key, with an unknown key, or of a version that is not served."""
        if self.behaviour.keys:
            key = headers.get("ndif-api-key")
            if not key:
                raise Refused(401, "Missing API key.")
            if key not in self.behaviour.keys:
                raise Refused(403, "Invalid API key.")
        theirs = headers.get("nnsight-version", "")
        if _numbers(theirs) < _numbers(self.behaviour.oldest_nnsight):
            oldest = self.behaviour.oldest_nnsight
            raise Refused(400, f"Client nnsight version {theirs} is incompatible; the minimum version is {oldest}.")

    def level(self, revision: str) -> tuple[str, str]:
        if not self.behaviour.levels:
            return "HOT", "RUNNING"
        return tuple(self.behaviour.levels.get(revision, ("", "")))

    def run(self, envelope: Any, blob: bytes) -> bytes:
        """The saved values of a request's block, as the bytes of `torch.save`; raises what the block raises."""
        from nnsight.modeling.mixins.remotable import Remotable
        from nnsight.schema.request import RequestModel
        from nnsight.tracing import tracer as tracing
        from nnsight.tracing.globals import BLOCKS, SOURCES

        if envelope.model_key not in self.models:
            self.models[envelope.model_key] = Remotable.from_model_key(envelope.model_key, dispatch=True)
            self.models[envelope.model_key]._module.requires_grad_(False)
        model = self.models[envelope.model_key]
        model._remoteable_set_env(envelope.env)
        tracer = RequestModel.deserialize(blob, model._remoteable_persistent_objects(), envelope.compress)
        # nnsight remembers sources and blocks by file and line, which are other people's in the next request.
        SOURCES.clear()
        BLOCKS.clear()
        frame = tracer.info.frame
        tracing.inc()  # what a `with` block does around its backend
        try:
            tracer.execute(tracer.info.code)
            marked = tracing._saves()
            saved = {name: value for name, value in frame.f_locals.items() if id(value) in marked}
        finally:
            tracing.dec()
        return _packed(["no saved values"] if self.happens("wrong_result") else saved, envelope.compress)

    async def job(self, job: str, envelope: Any, blob: bytes) -> None:
        """One job from its first status to its last, as the real service tells them."""
        from nnsight.schema.response import Status

        if self.happens("breaks_off"):
            return self.sockets.pop(envelope.session_id).ws_connection.stream.close()
        if self.happens("closes"):
            return self.sockets.pop(envelope.session_id).close()
        self.tell(job, envelope, Status.QUEUED, "Your job is in the queue.")
        await asyncio.sleep(self.behaviour.pause)
        try:
            self.bring_up(job, envelope)
            self.tell(job, envelope, Status.RUNNING, "Your job has started running.")
            result = await asyncio.get_running_loop().run_in_executor(self.worker, self.run, envelope, blob)
        except Exception as error:  # noqa: BLE001 - whatever a block raises is told to whoever sent it
            return self.tell(job, envelope, Status.ERROR, f"{traceback.format_exc()}\n{error}")
        self.finish(job, envelope, b"not a result" if self.happens("broken_result") else result)

    def bring_up(self, job: str, envelope: Any) -> None:
        """Raise what the service says of a model that it does not run, or of a job that it stops."""
        from nnsight.schema.response import Status

        revision = _revision(envelope.model_key)
        level, _ = self.level(revision)
        if level != "HOT" and not (level and self.behaviour.swaps):
            raise LookupError("Model is not dedicated and hotswapping is not supported for this API key.")
        if level != "HOT":
            self.tell(job, envelope, Status.DEPLOYING, "Your model is being brought up.")
        if revision in self.behaviour.failing:
            raise RuntimeError(f"CUDA out of memory while running {revision}")
        if self.happens("preempted"):
            raise RuntimeError("Your job was cancelled or preempted by the server.")

    def finish(self, job: str, envelope: Any, result: bytes) -> None:
        """Hand the result over: in a frame of the websocket, or by its address."""
        from nnsight.schema.response import ResponseModel, Status

        by_url = self.behaviour.by_url or not envelope.session_id
        if by_url:
            self.results[job] = result
        if self.happens("no_json"):
            return self.sockets[envelope.session_id].write_message("<html>hello</html>")
        if by_url:
            return self.tell(job, envelope, Status.COMPLETED, "Your job is done.", f"{self.address}/result/{job}")
        response = ResponseModel(id=job, status=Status.COMPLETED, description="Your job is done.", data=result)
        return self.sockets[envelope.session_id].write_message(response.pickle(), binary=True)

    def tell(self, job: str, envelope: Any, status: Any, what: str, data: str | None = None) -> None:
        """Send a status to who waits on a websocket, or keep it for who asks."""
        from nnsight.schema.response import ResponseModel

        text = ResponseModel(id=job, status=status, description=what, data=data).model_dump_json()
        self.statuses[job] = text
        if envelope.session_id in self.sockets:
            self.sockets[envelope.session_id].write_message(text)

    def deployments(self) -> dict[str, dict]:
        """What `/status` tells: one entry for each replica."""
        return {
            f"ModelActor:{number}": {
                "deployment_level": level,
                "application_state": state,
                "repo_id": self.behaviour.repository,
                "revision": None if revision == "main" else revision,
                "task": "text-generation",
            }
            for number, (revision, (level, state)) in enumerate(self.behaviour.levels.items())
        }


def _packed(saved: object, compress: bool) -> bytes:
    import torch
    import zstandard

    buffer = BytesIO()
    torch.save(saved, buffer)
    return zstandard.ZstdCompressor().compress(buffer.getvalue()) if compress else buffer.getvalue()


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".")[:3] if part.isdigit())


def _revision(model_key: str) -> str:
    return json.loads(model_key.partition(":")[2])["revision"] or "main"


def handlers(service: Service) -> list[tuple]:
    """The addresses of the service, for Tornado."""
    from nnsight.schema.request import RequestModel
    from nnsight.schema.response import ResponseModel, Status
    from tornado.ioloop import IOLoop
    from tornado.web import RequestHandler
    from tornado.websocket import WebSocketHandler

    class Answer(RequestHandler):
        def prepare(self) -> None:
            service.asked[self.request.path] = service.asked.get(self.request.path, 0) + 1
            if service.happens("page"):
                self.set_status(502)
                self.finish("<html><body>Bad Gateway</body></html>")

        def refuse(self, status: int, detail: str) -> None:
            self.set_status(status)
            self.finish({"detail": detail})

    class Request(Answer):
        def post(self) -> None:
            for fault, status in (("request_500", 500), ("request_503", 503), ("request_413", 413)):
                if service.happens(fault):
                    return self.refuse(status, f"{fault} was asked for")
            try:
                service.admit(self.request.headers)
            except Refused as refused:
                return self.refuse(refused.status, refused.detail)
            envelope = RequestModel.model_validate_json(self.get_body_argument("data"))
            blob = self.request.files["blob"][0].body
            service.jobs.append({"revision": _revision(envelope.model_key), **json.loads(envelope.metadata())})
            job = uuid.uuid4().hex
            IOLoop.current().spawn_callback(service.job, job, envelope, blob)
            received = ResponseModel(id=job, status=Status.RECEIVED, description="Your job has been received.")
            return self.finish(received.model_dump_json())

    class Told(Answer):
        def get(self, job: str) -> None:
            if job not in service.statuses:
                return self.refuse(404, "no such job")
            return self.finish(service.statuses[job])

    class Result(Answer):
        def get(self, job: str) -> None:
            if service.happens("download_503"):
                return self.refuse(503, "the store is busy")
            return self.finish(service.results[job])

    class Deployed(Answer):
        def get(self) -> None:
            if service.happens("status_503"):
                return self.refuse(503, "no status")
            return self.finish({"deployments": service.deployments(), "cluster": {}})

    class Control(RequestHandler):
        def post(self) -> None:
            service.behaviour = Behaviour(**json.loads(self.request.body))
            service.asked, service.jobs = {}, []

        def get(self) -> None:
            self.finish({"asked": service.asked, "jobs": service.jobs})

    class Subscribe(WebSocketHandler):
        session = ""

        async def get(self, *parts: Any, **named: Any) -> None:
            service.asked["/subscribe"] = service.asked.get("/subscribe", 0) + 1
            if service.happens("page") or service.happens("subscribe_500"):
                self.set_status(500)
                return self.finish("<html>no</html>")
            return await super().get(*parts, **named)

        def open(self) -> None:
            if service.happens("subscribe_breaks"):
                return self.ws_connection.stream.close()
            self.session = uuid.uuid4().hex
            service.sockets[self.session] = self
            return self.write_message(json.dumps({"session_id": self.session}))

        def on_close(self) -> None:
            service.sockets.pop(self.session, None)

    return [
        (r"/request", Request),
        (r"/response/(\w+)", Told),
        (r"/result/(\w+)", Result),
        (r"/status", Deployed),
        (r"/subscribe", Subscribe),
        (r"/control", Control),
    ]


async def main() -> None:
    """Serve until the process is ended; the first line of the output is the address."""
    sys.path[:] = [path for path in sys.path if Path(path or ".").resolve() != Path(__file__).parent]
    sys.meta_path.insert(0, NotInstalledHere())
    from tornado.httpserver import HTTPServer
    from tornado.netutil import bind_sockets
    from tornado.web import Application

    service = Service()
    server = HTTPServer(Application(handlers(service)))
    sockets = bind_sockets(0, "127.0.0.1")
    server.add_sockets(sockets)
    service.address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    print(service.address, flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
