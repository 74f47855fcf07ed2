"""A whole class, side by side: the kit with two workers against plain serial nbgrader, on a cluster, and for a thousand.

    python -m benchmarks.grading                               200 submissions, of which plain nbgrader grades 6; all four parts
    python -m benchmarks.grading NAME --submissions 24 --sample 3 --students 200 --parts throughput overhead

Run it from the root of the repository, on a machine that does nothing else. The class is made of the students of the sample
class that plain nbgrader can grade at all: it grades none of a class in which one handed in a check cell twice. Plain nbgrader
takes the same time for each notebook of a kind, so it gets a sample of the class, one student of each kind in turn, and says
so; `--sample 200` lets it grade all. Both sides are commands, timed from their start to their end.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import nbformat
import pandas as pd
import psutil
from nbformat import NotebookNode

from autograder import grade as grading
from autograder.assignments import ROOT, Assignment, find_assignment
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.execution.notebook import Execution, execute, notices
from autograder.exercises.cases import case_files
from autograder.grade import grade
from autograder.grading import run as grading_run
from autograder.grading.exports import FORMATS, export
from autograder.grading.grades_csv import write_grades
from autograder.grading.run import Graded, Run, start
from autograder.grading.saving import save
from autograder.samples.class_of_nine import sample_class
from autograder.scoring.filing import finished
from autograder.scoring.verdicts import score
from autograder.submissions.reading import read_submission
from autograder.submissions.restoring import restore
from benchmarks.plain_nbgrader import grade_plainly
from benchmarks.process_memory import MB, Measured, measured

NONCE = "0" * 32
LARGE_NONCE = "1" * 32  # of its own, as what is expected for a nonce is worked out once in a process
WORKERS = 2
AS_HERE = ("--nonce", NONCE, "--workers", str(WORKERS))
REPEATS = 5
MOST_OVERHEAD, LEAST_THROUGHPUT, PROMPT = 0.3, 4.0, 2.0  # what we hold ourselves to


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="grokking", metavar="NAME")
    parser.add_argument("--submissions", type=int, default=200, metavar="N", help="graded by the kit with two workers")
    parser.add_argument("--sample", type=int, default=6, metavar="N", help="of them, graded by plain nbgrader")
    parser.add_argument("--cluster", type=int, default=24, metavar="N", help="graded on a cluster of two workers")
    parser.add_argument("--students", type=int, default=1000, metavar="N", help="in the large class")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    options = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)  # what is measured is shown at once, also in a file
    for part in options.parts:
        with tempfile.TemporaryDirectory() as folder:
            PARTS[part](find_assignment(options.name), Path(folder), options)


def throughput(assignment: Assignment, root: Path, options: argparse.Namespace) -> None:
    """The class with two workers against a sample of it with plain nbgrader, all its cells, and without experiments."""
    class_ = class_of(assignment, options.submissions)
    sample = dict(list(class_.items())[: options.sample])
    of = "" if len(sample) == len(class_) else f", measured on {len(sample)} of the {len(class_)}"
    print(f"\n{assignment.name}: throughput")
    ours = _grade_class(assignment, _hand_in(assignment, root / "kit", class_), *AS_HERE)
    _row(f"the kit, {WORKERS} workers", ours, len(class_), WORKERS)
    plain, scores = grade_plainly(assignment, root / "plain", sample, experiments=True)
    _row(f"plain nbgrader, serial{of}", plain, len(sample), 1)
    without, _ = grade_plainly(assignment, root / "without", sample, experiments=False)
    _row("the same without the cells that no check depends on", without, len(sample), 1)
    table = pd.read_csv(Course(root / "kit").grades(assignment.name)).set_index("student_id")
    differing = [student for student, points in scores.items() if table.loc[student, "score"] != points]
    ratio = (plain.seconds / len(sample)) / (ours.seconds / len(class_))
    hard = (without.seconds / len(sample)) / (ours.seconds / len(class_))
    _hold(
        f"{ratio:.1f} times the throughput of plain nbgrader, at least {LEAST_THROUGHPUT:g}", ratio >= LEAST_THROUGHPUT
    )
    print(f"  {hard:.1f} times that of plain nbgrader without those cells")
    lighter = ours.peak / WORKERS <= plain.peak
    _hold(
        f"{ours.peak / WORKERS:.0f} MB at the peak for each worker, at most plain nbgrader's {plain.peak:.0f}", lighter
    )
    print(f"  scores of the sample that differ: {', '.join(differing) or 'none'}")


def class_of(assignment: Assignment, count: int) -> dict[str, NotebookNode]:
    """A class made of the students of the sample class that plain nbgrader can grade, by student, in turn."""
    kinds = [student for student in sample_class(assignment) if student.status == "graded"]
    notebooks = [nbformat.reads(kind.text, as_version=4) for kind in kinds]
    return {
        f"{number:04d}-{kinds[number % len(kinds)].name}": notebooks[number % len(kinds)] for number in range(count)
    }


def _hand_in(assignment: Assignment, root: Path, class_: dict[str, NotebookNode]) -> Course:
    course = Course(root)
    for student, notebook in class_.items():
        path = course.submitted(student, assignment.name) / f"{assignment.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(as_text(notebook), encoding="utf-8")
    return course


def _grade_class(assignment: Assignment, course: Course, *options: str) -> Measured:
    command = [sys.executable, "-m", "autograder", "grade", assignment.name, "--course", str(course.root)]
    return measured([*command, *options], ROOT)


def _row(what: str, run: Measured, count: int, workers: int) -> None:
    each = f"{run.seconds / count:6.2f} s a notebook   {run.peak / workers:5.0f} MB a worker"
    print(f"  {what:<58}{each}   ({count} in {run.seconds:.0f} s)")


def _hold(sentence: str, held: bool) -> None:
    print(f"  {sentence}: {'yes' if held else 'NO'}")


def cluster(assignment: Assignment, root: Path, options: argparse.Namespace) -> None:
    """The same grades from a local cluster of two workers, and again with one of them killed in the middle."""
    class_ = class_of(assignment, options.cluster)
    here = _hand_in(assignment, root / "here", class_)
    run = _grade_class(assignment, here, *AS_HERE)
    print(f"\n{assignment.name}: a local dask cluster of two workers, {len(class_)} submissions")
    print(f"  {'on this machine, 2 workers':<40}{run.seconds:6.1f} s")
    for kill in (False, True):
        course = _hand_in(assignment, root / f"cluster-{kill}", class_)
        with _workers(root) as (scheduler, workers):
            if kill:
                threading.Thread(target=_kill_in_the_middle, args=(workers[0], course, assignment), daemon=True).start()
            run = _grade_class(assignment, course, "--nonce", NONCE, "--scheduler", scheduler)
            killed = workers[0].poll() is not None
        same = course.grades(assignment.name).read_text() == here.grades(assignment.name).read_text()
        what = "on the cluster, one worker killed" if kill else "on the cluster"
        print(f"  {what:<40}{run.seconds:6.1f} s")
        _hold("identical grades" + (", nothing lost" if kill else ""), same and killed == kill)


@contextmanager
def _workers(root: Path) -> Iterator[tuple[str, list[subprocess.Popen]]]:
    """A scheduler and two workers with one place each, as commands."""
    with ExitStack() as started:
        file = root / f"scheduler-{time.time_ns()}.json"
        command = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file)]
        _start(started, [sys.executable, "-m", "dask", *command])
        while not file.is_file():
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        worker = [sys.executable, "-m", "autograder", "worker", address, "--workers", "1"]
        yield address, [_start(started, worker) for _ in range(2)]


def _start(started: ExitStack, command: list[str]) -> subprocess.Popen:
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started.callback(process.wait)
    started.callback(process.kill)
    return process


def _kill_in_the_middle(worker: subprocess.Popen, course: Course, assignment: Assignment) -> None:
    """Kill a worker that runs a student's kernel, once some of the class are graded."""
    while len(list(course.records(assignment.name).glob("*.json"))) < 3 or not psutil.Process(worker.pid).children():
        time.sleep(0.05)
    worker.kill()


def overhead(assignment: Assignment, root: Path, options: argparse.Namespace) -> None:
    """What the kit itself takes for a notebook, the kernel's time apart: the median of 20 rounds."""
    course = _hand_in(assignment, root, {"perfect": solved_submission(assignment)})
    run = start(assignment, course, NONCE, True)
    path = course.submitted("perfect", assignment.name) / f"{assignment.name}.ipynb"
    execution = execute(restore(read_submission(path), run.release).notebook, case_files(run.grading.cases))
    rounds = pd.DataFrame([_seconds_of_stages(run, path, execution) for _ in range(20)]).median()
    print(f"\n{assignment.name}: what the kit itself takes, median of 20 rounds")
    for stage, seconds in rounds.items():
        print(f"  {stage:<40}{seconds:6.3f} s")
    _hold(f"{rounds.sum():.3f} s a notebook, under {MOST_OVERHEAD:g} s", rounds.sum() < MOST_OVERHEAD)


def _seconds_of_stages(run: Run, path: Path, execution: Execution) -> dict[str, float]:
    moments = [time.perf_counter()]
    restore(read_submission(path), run.release)
    moments.append(time.perf_counter())
    verdicts = score(execution.notebook, run.grading, notices(execution.events))
    moments.append(time.perf_counter())
    notebook = finished(execution.notebook, run.name, verdicts)
    graded = Graded("perfect", "graded", (), tuple(verdicts), notebook, "")
    save(run, graded)
    moments.append(time.perf_counter())
    stages = ("restore", "score", "gradebook, files and feedback")
    return dict(
        zip(stages, [later - earlier for earlier, later in zip(moments, moments[1:], strict=False)], strict=True)
    )


def large_class(assignment: Assignment, root: Path, options: argparse.Namespace) -> None:
    """A thousand students: one execution is used for all, as only the kit's own part is looked at; then one is regraded."""
    notebook = solved_submission(assignment)
    course = _hand_in(assignment, root, {f"{number:04d}": notebook for number in range(options.students)})
    seconds, memory = _grade_with_one_execution(assignment, course)
    early = statistics.median(memory[len(memory) // 10 :][:10])
    print(f"\n{assignment.name}: a class of {options.students}")
    print(
        f"  {'all but the execution of the notebooks':<40}{seconds:6.1f} s   {seconds / options.students:.3f} s a notebook"
    )
    print(f"  {'memory after a tenth, and at the end':<40}{early:6.0f} MB {memory[-1]:.0f} MB")
    _prompt("the table of grades", lambda: write_grades(assignment.name, course))
    for kind in FORMATS:
        _prompt(f"export --format {kind}", lambda kind=kind: export(assignment.name, course, kind))
    inside: list[float] = []
    with _replaced(grading_run, execute=lambda *a, **k: _timed(inside, execute, *a, **k)):
        started = time.perf_counter()
        grade(assignment, course, only=["0007"], anew=True, progress=False)
    _hold_prompt("a regrade of one student, the notebook's own run apart", time.perf_counter() - started - inside[0])
    _regrades_as_commands(assignment, course, inside[0])


def _regrades_as_commands(assignment: Assignment, course: Course, run: float) -> None:
    """The whole command, from its start to its end: with what was executed before, and executing; the medians of five."""
    one = ("--student", "0007")
    kept, executed = (
        statistics.median(_grade_class(assignment, course, *one, *options).seconds for _ in range(REPEATS))
        for options in ((), ("--execute",))
    )
    _hold_prompt("the same as a command, of a submission that did not change", kept)
    print(f"  {'the same, executed again':<60}{executed:6.2f} s   (the run: {run:.2f} s)")


def _grade_with_one_execution(assignment: Assignment, course: Course) -> tuple[float, list[float]]:
    """Seconds of a grading run in which nothing but the first submission is executed, and the memory after each, in MB."""
    memory: list[float] = []
    made: list[Execution] = []
    lock = threading.Lock()

    def once(notebook: NotebookNode, cases: dict[str, str], **options: object) -> Execution:
        with lock:
            if not made:
                made.append(execute(notebook, cases, **options))
        return replace(made[0], notebook=nbformat.from_dict(made[0].notebook))

    def watched(run: Run, graded: Graded) -> None:
        save(run, graded)
        memory.append(psutil.Process().memory_info().rss / MB)

    start(assignment, course, LARGE_NONCE, True)
    started = time.perf_counter()
    with _replaced(grading_run, execute=once), _replaced(grading, save=watched):
        grade(assignment, course, nonce=LARGE_NONCE, workers=WORKERS, progress=False)
    return time.perf_counter() - started, memory


@contextmanager
def _replaced(module: ModuleType, **names: object) -> Iterator[None]:
    before = {name: getattr(module, name) for name in names}
    try:
        for name, value in names.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


def _timed(seconds: list[float], function: Callable, *arguments: object, **options: object) -> object:
    started = time.perf_counter()
    try:
        return function(*arguments, **options)
    finally:
        seconds.append(time.perf_counter() - started)


def _prompt(what: str, function: Callable[[], object]) -> None:
    started = time.perf_counter()
    function()
    _hold_prompt(what, time.perf_counter() - started)


def _hold_prompt(what: str, seconds: float) -> None:
    print(f"  {what:<60}{seconds:6.2f} s   at most {PROMPT:g}: {'yes' if seconds <= PROMPT else 'NO'}")


PARTS = {"throughput": throughput, "cluster": cluster, "overhead": overhead, "class": large_class}

if __name__ == "__main__":
    main()
