"""Slow test files are not run again until a file of the repository changes.

A file whose tests all passed, and took longer than SLOW seconds together, is remembered with a digest of everything in the
repository that a test could depend on. As long as the digest stays the same its tests are skipped, and the reason says so. One
changed byte anywhere, and all of them run; so does everything in a clean checkout, and under `pytest --again`.
"""

import hashlib
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SLOW = 5.0  # seconds
SOURCES = (
    *("autograder", "benchmarks", "course_utils", "docs", "notebooks", "solutions", "tests"),
    *("Makefile", "environment.yml", "nbgrader_config.py", "pyproject.toml", "requirements.lock"),
)
REASON = "passed before with the same files; run it all the same with --again"
_KEY = "course_kit/passed"


def digest(root: Path = ROOT, sources: tuple[str, ...] = SOURCES) -> str:
    """A hash of the names and contents of all files that tests depend on, and of the Python that runs them."""
    total = hashlib.sha256(sys.version.encode())
    for source in sources:
        found = [root / source] if (root / source).is_file() else sorted((root / source).rglob("*"))
        for path in found:
            if path.is_file() and "__pycache__" not in path.parts and ".ipynb_checkpoints" not in path.parts:
                total.update(f"{path.relative_to(root)}\0".encode())
                total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


class Unchanged:
    """The pytest plugin: remembers what passed, and skips it while nothing has changed."""

    def __init__(self, config: pytest.Config, now: str) -> None:
        self.cache, self.now = config.cache, now
        self.whole = not (config.option.keyword or config.option.markexpr or any("::" in a for a in config.args))
        self.again = config.getoption("--again")
        self.part = hasattr(config, "workerinput")  # one of several processes that share the tests
        self.seconds: dict[str, float] = defaultdict(float)
        self.passed: dict[str, bool] = defaultdict(lambda: True)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        passed = self.cache.get(_KEY, {})
        for item in items:
            if not self.again and passed.get(_file(item.nodeid)) == self.now:
                item.add_marker(pytest.mark.skip(reason=REASON))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[_file(report.nodeid)] += report.duration
        # A test that was skipped, for want of a browser or of a sandbox, has shown nothing.
        self.passed[_file(report.nodeid)] &= report.passed

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.part or not self.whole or session.shouldstop or session.shouldfail:
            return
        kept = {name: now for name, now in self.cache.get(_KEY, {}).items() if now == self.now}
        slow = [name for name, seconds in self.seconds.items() if seconds > SLOW and self.passed[name]]
        self.cache.set(_KEY, kept | dict.fromkeys(slow, self.now))


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]
