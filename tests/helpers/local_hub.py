"""A hub of our own on a loopback port: repositories with many revisions, served as huggingface_hub asks for them.

It speaks what the real client uses to read: branches, revision info, file lists, files with ETag, commit and byte ranges. It can be told to
fail as hubs fail: gated, away, slow, or breaking off in the middle of a file.
"""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha1, sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


@dataclass
class LocalHub:
    """`files[repository][branch][name]` are bytes; the sets and counters below make it fail and tell what it did."""

    files: dict[str, dict[str, dict[str, bytes]]] = field(default_factory=dict)
    gated: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)  # branches that are listed and gone
    break_after: int | None = None  # bytes after which the next weight file breaks off, once
    answer_with: int | None = None  # a status for everything
    pause: float = 0.0  # seconds that each weight file takes
    requests: list[tuple[str, str]] = field(default_factory=list)
    ranges: list[str] = field(default_factory=list)
    address: str = ""

    def add(self, repository: str, branch: str, folder: Path) -> None:
        """Serve a folder as a branch."""
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
        self.files.setdefault(repository, {})[branch] = files

    def downloads(self, ending: str = ".safetensors") -> int:
        """How many files of an ending were asked for."""
        return sum(method == "GET" and path.endswith(ending) for method, path in self.requests)


@contextmanager
def serving(hub: LocalHub) -> Iterator[LocalHub]:
    """Serve on a free loopback port until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    hub.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()


def _commit(repository: str, branch: str) -> str:
    return sha1(f"{repository} {branch}".encode()).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    hub: LocalHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def _route(self) -> None:
        path = unquote(self.path.partition("?")[0])
        self.hub.requests.append((self.command, path))
        if self.hub.answer_with is not None:
            return self._send(self.hub.answer_with, b"{}")
        parts = path.strip("/").split("/")
        if parts[:2] == ["api", "models"] and len(parts) >= 4:
            return self._api("/".join(parts[2:4]), parts[4:])
        if len(parts) >= 5 and parts[2] == "resolve":
            return self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]))
        return self._send(404, b"{}")

    def _api(self, repository: str, rest: list[str]) -> None:
        if repository not in self.hub.files:
            return self._error(401, "RepoNotFound", "Repository Not Found")
        branches = self.hub.files[repository]
        if rest == ["refs"]:
            listed = [
                {"name": name, "ref": f"refs/heads/{name}", "targetCommit": _commit(repository, name)}
                for name in [*branches, *self.hub.removed]
            ]
            return self._json({"branches": listed, "tags": [], "converts": []})
        branch = self._branch(repository, rest[1] if rest[:1] in (["revision"], ["tree"]) else "main")
        if branch is None:
            return self._error(404, "RevisionNotFound", "Invalid rev id")
        if rest[:1] == ["tree"] and len(rest) > 2:  # no repository here has folders
            return self._error(404, "EntryNotFound", "Not found in this revision")
        if rest[:1] == ["tree"]:
            return self._json([_tree_entry(name, content) for name, content in branches[branch].items()])
        siblings = [
            {
                "rfilename": name,
                "size": len(content),
                "blobId": sha1(content).hexdigest(),
                **({"lfs": _lfs(content)} if _is_large(name) else {}),
            }
            for name, content in branches[branch].items()
        ]
        return self._json(
            {"id": repository, "modelId": repository, "sha": _commit(repository, branch), "siblings": siblings}
        )

    def _branch(self, repository: str, revision: str) -> str | None:
        for name in self.hub.files[repository]:
            if revision in (name, _commit(repository, name)):
                return name
        return None

    def _file(self, repository: str, revision: str, name: str) -> None:
        if repository in self.hub.gated:
            return self._error(403, "GatedRepo", "Access to this repository is restricted")
        branch = self._branch(repository, revision) if repository in self.hub.files else None
        content = None if branch is None else self.hub.files[repository][branch].get(name)
        if content is None:
            return self._error(404, "EntryNotFound", "Entry not found")
        is_large = _is_large(name)
        etag = sha256(content).hexdigest() if is_large else sha1(content).hexdigest()
        headers = {"ETag": f'"{etag}"', "X-Repo-Commit": _commit(repository, branch), "Accept-Ranges": "bytes"}
        if is_large:
            headers |= {"X-Linked-Etag": f'"{etag}"', "X-Linked-Size": str(len(content))}
        asked = self.headers.get("Range")
        if asked and self.command == "GET":
            self.hub.ranges.append(asked)
            start = int(asked.removeprefix("bytes=").split("-")[0])
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            return self._send(206, content[start:], headers)
        if is_large and self.command == "GET":
            if self.hub.break_after is not None:
                return self._break_off(content, headers)
            if self.hub.pause:
                return self._trickle(content, headers)
        return self._send(200, content, headers)

    def _trickle(self, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(200)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        for start in range(0, len(content), -(-len(content) // 8)):
            self.wfile.write(content[start : start + -(-len(content) // 8)])
            self.wfile.flush()
            time.sleep(self.hub.pause / 8)

    def _break_off(self, content: bytes, headers: dict[str, str]) -> None:
        limit, self.hub.break_after = self.hub.break_after, None
        self.send_response(200)
        for name, value in (headers | {"Content-Length": str(len(content))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content[:limit])
        self.wfile.flush()
        self.close_connection = True
        self.connection.close()

    def _json(self, form: dict | list) -> None:
        self._send(200, json.dumps(form).encode(), {"Content-Type": "application/json"})

    def _error(self, status: int, code: str, message: str) -> None:
        self._send(status, json.dumps({"error": message}).encode(), {"X-Error-Code": code, "X-Error-Message": message})

    def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | (headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _is_large(name: str) -> bool:
    return name.endswith((".safetensors", ".bin"))


def _tree_entry(name: str, content: bytes) -> dict:
    entry = {"type": "file", "path": name, "size": len(content), "oid": sha1(content).hexdigest()}
    if _is_large(name):
        entry["lfs"] = {"oid": sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
    return entry


def _lfs(content: bytes) -> dict:
    return {"sha256": sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
