"""A JupyterLab server and Chromium for tests, with settings of their own, so that nobody's home is read or changed."""

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

START_SECONDS = 90
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
_HOMES = ("HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR")


@dataclass(frozen=True)
class LabServer:
    """A running server: where it is, the token that opens it, and the folder it serves."""

    url: str
    token: str
    root: Path

    def page(self, path: str) -> str:
        """The address of a page of the server, such as `lab`, which opens without asking for the token."""
        return f"{self.url}/{path}?token={self.token}"


def chromium() -> str:
    """Where Chromium is; skips, saying what to install, where there is none or playwright is missing."""
    pytest.importorskip("playwright", reason="playwright is missing: pip install playwright")
    found = next(filter(None, map(shutil.which, _CHROMIUM_NAMES)), None)
    if found is None:
        pytest.skip(f"none of {', '.join(_CHROMIUM_NAMES)} is on PATH; on Debian: apt install chromium")
    return found


@contextmanager
def lab_server(root: Path, private: Path) -> Iterator[LabServer]:
    """Serve `root` with JupyterLab until the block ends; settings, kernels' files and the log go to `private`.

    Raises RuntimeError, with the end of the log, where the server does not start.
    """
    server = LabServer(f"http://127.0.0.1:{_free_port()}", secrets.token_hex(16), root)
    environment = _environment(private)
    with (private / "server.log").open("wb") as log:
        process = subprocess.Popen(_command(server), cwd=root, env=environment, stdout=log, stderr=log)
        try:
            _wait_until_it_answers(server, process, Path(log.name))
            yield server
        finally:
            process.terminate()  # asks the server to end, which ends its kernels
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _command(server: LabServer) -> list[str]:
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": server.url.rpartition(":")[2],
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": server.root,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "IdentityProvider.token": server.token,
    }
    return [sys.executable, "-m", "jupyterlab", *(f"--{name}={value}" for name, value in options.items())]


def _environment(private: Path) -> dict[str, str]:
    """The present environment, with homes of its own, the scripts beside this Python first on PATH, and one thread.

    On cores that are busy, torch's threads wait for each other by spinning, which takes five times as long as one thread.
    """
    homes = {name: str(private / name.lower()) for name in _HOMES}
    for folder in homes.values():
        Path(folder).mkdir(parents=True, exist_ok=True)
    _ask_for_no_news(Path(homes["JUPYTER_CONFIG_DIR"]))
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {**os.environ, **homes, "PATH": path, "OMP_NUM_THREADS": "1"}


def _ask_for_no_news(config: Path) -> None:
    """JupyterLab would ask in a corner, over the notebook, whether to fetch news."""
    settings = config / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    quiet = json.dumps({"fetchNews": "false", "checkForUpdates": False})
    (settings / "notification.jupyterlab-settings").write_text(quiet, encoding="utf-8")


def _wait_until_it_answers(server: LabServer, process: subprocess.Popen, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urlopen(f"{server.url}/api?token={server.token}", timeout=5).close()
            return
        except (URLError, TimeoutError, ConnectionError):
            time.sleep(0.2)
    end = log.read_text(encoding="utf-8", errors="replace")[-2000:]
    raise RuntimeError(f"JupyterLab does not answer at {server.url}. The end of its log:\n{end}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
