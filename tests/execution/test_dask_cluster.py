"""Grading on a dask cluster of two workers: the same grades, nothing but the untrusted part sent, a dead worker's work done again."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import dask
import pandas as pd
import psutil
import pytest
from distributed import LocalCluster

from autograder.__main__ import main
from autograder.assignments import ROOT
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.execution import dask_cluster as clusters
from autograder.execution.dask_cluster import Cluster, cluster
from autograder.execution.executors import ClusterUnavailable, WorkerLost
from autograder.execution.kit_fingerprint import kit_fingerprint
from autograder.grade import grade
from autograder.scoring import expected
from tests.conftest import NONCE
from tests.hostile import assignment as averages

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("sandbox")]

NAME = averages.NAME
WRONG = "def mean_of(values):\n    return sum(values)"
SLOW = "import time\n\n\ndef mean_of(values):\n    time.sleep(0.5)\n    return float(np.mean(values))"
DIES = "import os\n\n\ndef mean_of(values):\n    os._exit(1)"
CLASS = {f"student-{number}": answer for number, answer in enumerate(["", WRONG, SLOW, DIES, "", SLOW, WRONG, SLOW])}
NEEDED = ("__init__.py", "__main__.py", "assignments.py", "execution")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    patch = pytest.MonkeyPatch()
    made = averages.make_assignment(tmp_path_factory.mktemp("cluster") / "repository")
    patch.setitem(sys.modules, f"autograder.exercises.{NAME}", averages.cases_module())
    patch.setattr(expected, "find_assignment", lambda name: made)
    yield made
    patch.undo()


@pytest.fixture(scope="module")
def kit_without_answers(tmp_path_factory) -> Path:
    """What a worker's machine needs of the repository: no solved notebook, no exercise, no gradebook."""
    return _copied_kit(tmp_path_factory.mktemp("machine"))


def _copied_kit(root: Path) -> Path:
    """The part of the kit that a worker needs, in a folder."""
    shutil.copytree(ROOT / "course_utils", root / "course_utils", ignore=_data)
    (root / "autograder").mkdir()
    for name in NEEDED:
        needed = ROOT / "autograder" / name
        (shutil.copytree if needed.is_dir() else shutil.copy)(needed, root / "autograder" / name)
    return root


def _data(folder: str, names: list[str]) -> list[str]:
    """What of a folder is not code."""
    return [name for name in names if Path(folder).name == "data" and not name.endswith(".py") or name == "__pycache__"]


@contextmanager
def local_scheduler():
    """A scheduler without workers, which gives up on what two workers died of."""
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 1}),
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address=":0", protocol="tcp://") as made,
    ):
        yield made.scheduler_address


@pytest.fixture(scope="module")
def scheduler():
    with local_scheduler() as address:
        yield address


@contextmanager
def worker(scheduler: str, root: Path):
    """A worker with one place, in a process of its own."""
    command = [sys.executable, "-m", "autograder", "worker", scheduler, "--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(root), "PYTHONSAFEPATH": "1"}
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert "executes 1 notebooks" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture(scope="module")
def two_workers(scheduler, kit_without_answers):
    with worker(scheduler, kit_without_answers) as first, worker(scheduler, kit_without_answers) as second:
        yield first, second


def hand_in(root: Path, small) -> Course:
    course = Course(root)
    for student, answer in CLASS.items():
        path = course.submitted(student, NAME) / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(as_text(solved_submission(small, **({"mean_of": answer} if answer else {}))))
    return course


@pytest.fixture(scope="module")
def graded_here(small, tmp_path_factory):
    course = hand_in(tmp_path_factory.mktemp("here") / "course", small)
    return course, grade(small, course, nonce=NONCE, workers=2, progress=False)


def verdicts(course: Course) -> dict[str, list]:
    return {student: json.loads(course.record(student, NAME).read_text())["verdicts"] for student in CLASS}


def test_two_workers_give_the_grades_that_this_machine_gives(
    small, graded_here, scheduler, two_workers, tmp_path, monkeypatch
):
    sent = []

    def recorded(client, function, job, *args, original=clusters.Client.submit, **options):
        sent.append(job)
        return original(client, function, job, *args, **options)

    monkeypatch.setattr(clusters.Client, "submit", recorded)
    course = hand_in(tmp_path / "course", small)
    table = grade(small, course, nonce=NONCE, scheduler=scheduler, progress=False)
    here, expected = graded_here
    pd.testing.assert_frame_equal(table, expected)
    assert verdicts(course) == verdicts(here)
    assert list(table["status"]) == ["kernel-died" if answer == DIES else "graded" for answer in CLASS.values()]
    assert len(sent) == len(CLASS)
    for job in sent:  # a restored notebook, the inputs of the cases, limits, and nothing that says what is right
        notebook, cases, limits, sandboxed, version = json.loads(job)
        assert {cell["cell_type"] for cell in notebook["cells"]} <= {"code", "markdown"}
        assert all(set(form) == {"label", "inputs"} for text in cases.values() for form in json.loads(text))
        assert sandboxed is True and version == kit_fingerprint() and set(limits) >= {"memory_bytes", "cell_seconds"}
        assert "MARK SCHEME" not in job and "expected" not in job and str(course.root) not in job


def test_a_worker_killed_in_the_middle_loses_nothing(
    small, graded_here, scheduler, kit_without_answers, two_workers, tmp_path
):
    first, _ = two_workers
    course = hand_in(tmp_path / "course", small)
    with worker(scheduler, kit_without_answers) as third:
        killer = threading.Thread(target=kill_when_busy, args=(third, course))
        killer.start()
        table = grade(small, course, nonce=NONCE, scheduler=scheduler, progress=False)
        killer.join()
        assert third.wait(5) == -signal.SIGKILL
    pd.testing.assert_frame_equal(table, graded_here[1])
    assert verdicts(course) == verdicts(graded_here[0])
    assert first.poll() is None


def kill_when_busy(busy: subprocess.Popen, course: Course, killed: subprocess.Popen | None = None) -> None:
    """Kill a worker, or what else is given, once a student's kernel runs under the worker; the kernel must go with it."""
    deadline, watched = time.monotonic() + 60, psutil.Process(busy.pid)
    while not (kernels := watched.children(recursive=True)) and time.monotonic() < deadline:
        time.sleep(0.02)
    (killed or busy).kill()
    if killed:
        return
    _, alive = psutil.wait_procs(kernels, timeout=5)
    assert kernels and not alive


def test_a_submission_whose_workers_all_died_has_a_status_and_stops_nobody(
    small, scheduler, two_workers, tmp_path, monkeypatch
):
    def dies_with(self, notebook, cases, original=Cluster.execute, **options):
        if "os._exit" in str(notebook):
            raise WorkerLost("4 workers ended while they ran this submission")
        return original(self, notebook, cases, **options)

    monkeypatch.setattr(Cluster, "execute", dies_with)
    course = hand_in(tmp_path / "course", small)
    table = grade(small, course, nonce=NONCE, scheduler=scheduler, progress=False).set_index("student_id")
    lost = next(student for student, answer in CLASS.items() if answer == DIES)
    assert table.loc[lost, "status"] == "worker-lost" and pd.isna(table.loc[lost, "score"])
    assert "4 workers ended" in course.feedback(lost, NAME).read_text()
    assert set(table.drop(lost)["status"]) == {"graded"}


def test_dask_says_when_every_worker_died(scheduler, kit_without_answers, monkeypatch):
    """A job that ends each worker it is given to, as no student's code can: here the worker's own process is killed."""
    with cluster(scheduler) as machines:
        monkeypatch.setattr(clusters, "run_job", lambda job: os._exit(1))
        stopped = threading.Event()

        def supply():
            while not stopped.is_set():
                with worker(scheduler, kit_without_answers) as process:
                    while process.poll() is None and not stopped.is_set():
                        time.sleep(0.1)

        supplier = threading.Thread(target=supply)
        supplier.start()
        try:
            with pytest.raises(WorkerLost, match="2 workers ended while they ran this submission"):
                machines.execute({"cells": []}, {})
        finally:
            stopped.set()
            supplier.join()


def test_a_run_whose_workers_are_all_gone_ends_with_what_to_do(small, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "PATIENCE", 2.0)
    course = hand_in(tmp_path / "course", small)
    with local_scheduler() as address, worker(address, ROOT) as only:
        killer = threading.Thread(target=kill_when_busy, args=(only, course))
        killer.start()
        with pytest.raises(ClusterUnavailable, match="all its workers are gone.*--resume"):
            grade(small, course, nonce=NONCE, scheduler=address, progress=False)
        killer.join()
    table = grade(small, course, resume=True, workers=2, progress=False)
    assert len(table) == len(CLASS) and "graded" in set(table["status"])


def test_a_run_whose_scheduler_is_gone_ends_with_what_to_do(small, tmp_path, monkeypatch):
    monkeypatch.setattr(clusters, "CONNECT", 8.0)
    file, course = tmp_path / "scheduler.json", hand_in(tmp_path / "course", small)
    command = [sys.executable, "-m", "dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    process = subprocess.Popen([*command, "--scheduler-file", str(file)], stderr=subprocess.DEVNULL)
    try:
        while not file.is_file():
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        with worker(address, ROOT) as only:
            killer = threading.Thread(target=kill_when_busy, args=(only, course, process))
            killer.start()
            with pytest.raises(ClusterUnavailable, match="scheduler .*gone.*--resume"):
                grade(small, course, nonce=NONCE, scheduler=address, progress=False)
            killer.join()
    finally:
        process.kill()
        process.wait()


def test_no_scheduler_no_workers_and_another_version_are_told(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(clusters, "CONNECT", 1.0)
    with (
        pytest.raises(ClusterUnavailable, match="no dask scheduler answers.*python -m autograder worker"),
        cluster("tcp://127.0.0.1:9"),
    ):
        pass
    assert main(["worker", "not an address"]) == 2
    assert "no dask scheduler answers" in capsys.readouterr().err
    with local_scheduler() as address:
        with pytest.raises(ClusterUnavailable, match="has no workers"), cluster(address):
            pass
        other = _copied_kit(tmp_path / "other")
        with (other / "course_utils" / "checking" / "cell.py").open("a") as file:
            file.write("\n# older\n")
        with (
            worker(address, other),
            pytest.raises(ClusterUnavailable, match="another version of the kit"),
            cluster(address),
        ):
            pass
