"""The whole way of a class: restore, execute, score, save, feedback, for every submission of an assignment.

The untrusted part of a submission runs in worker threads, each of which waits for its own sandboxed kernel, here or on
another machine; what comes back is saved by one writer. Only as many submissions are under way as can be worked on, so that
a class of a thousand takes no more memory than one of ten. A submission that cannot be graded gets a status and a page,
and stops nobody.
"""

import hashlib
import json
import secrets
import traceback
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pandas as pd
from nbformat import NotebookNode
from tqdm.auto import tqdm

from autograder.assignments import Assignment
from autograder.authoring.kept_notebooks import built
from autograder.authoring.marking import written_answers
from autograder.authoring.notebooks import as_text, check_id, exercise_of, finding_ids
from autograder.course import Course, shown
from autograder.execution.executors import ClusterUnavailable, Executor, WorkerLost
from autograder.execution.kept import execution_key, keep_execution, kept_execution
from autograder.execution.notebook import Event, Execution, execute
from autograder.execution.outputs import plain_text
from autograder.execution.sandbox import sandbox_available
from autograder.exercises.cases import case_files
from autograder.keeping.lock import only_grader
from autograder.keeping.spreadsheet_text import not_a_formula
from autograder.keeping.whole_files import remove_parts, write_whole
from autograder.platforms.nbgrader_steps import finished, grading_for, notices
from autograder.scoring import gradebook
from autograder.scoring.feedback import Page, entries, messages_by_exercise, write_page
from autograder.scoring.statuses import UNGRADED, gravest
from autograder.scoring.verdicts import Grading, Verdict, score
from autograder.studies.files import study_bytes
from autograder.submissions.reading import Missing, Unreadable, find_notebook, read_submission
from autograder.submissions.restoring import restore

if TYPE_CHECKING:
    from autograder.studies.judging import HandedInStudy


@dataclass(frozen=True)
class Graded:
    """What became of one submission, before it is saved."""

    student: str
    status: str
    notes: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    notebook: NotebookNode | None = None
    digest: str = ""
    key: str = ""  # what the execution is kept under
    execution: Execution | None = field(default=None, repr=False)
    study: "HandedInStudy | None" = field(default=None, repr=False)


@dataclass(frozen=True)
class Run:
    """One grading run: what is graded, where, against what."""

    assignment: Assignment
    course: Course
    nonce: str
    sandboxed: bool
    release: NotebookNode = field(repr=False)
    grading: Grading = field(repr=False)
    elsewhere: Executor | None = field(default=None, repr=False)  # what executes in place of this machine
    reuses: bool = False  # whether what an earlier run executed, and has not changed since, need not be executed again

    @property
    def name(self) -> str:
        return self.assignment.name

    @property
    def executes(self) -> Executor:
        return self.elsewhere or execute

    @cached_property
    def has_study(self) -> bool:
        """Whether a study is handed in beside the notebook, with findings that give points."""
        return bool(finding_ids(self.release))

    @cached_property
    def fingerprint(self) -> bytes:
        """A hash of the release and the cases."""
        text = as_text(self.release) + json.dumps(case_files(self.grading.cases), sort_keys=True)
        return hashlib.sha256(text.encode()).digest()


def grade(
    assignment: Assignment,
    course: Course,
    *,
    nonce: str | None = None,
    workers: int = 1,
    sandboxed: bool = True,
    resume: bool = False,
    progress: bool = True,
    scheduler: str | None = None,
    only: Sequence[str] = (),
    anew: bool = False,
) -> pd.DataFrame:
    """Grade every submission of an assignment in a course directory, and return the table of grades.

    Writes gradebook.db, autograded/, feedback/ and grades/NAME.csv. The same nonce draws the same cases and so gives the
    same grades; without one, a fresh one is drawn. With `resume` the last run goes on: what it graded, and has not changed
    since, stays, and its page shows what persons entered meanwhile. With a `scheduler`'s address submissions are executed
    by its workers, as many at a time as they have places. With students to grade `only`, the others stay as they are, and
    the cases of the last run are drawn again; what was executed for them and has not changed is scored without executing it
    again, unless `anew` says to.

    Raises LookupError for a student who has no folder, SandboxUnavailable where no sandbox can be had, FileNotFoundError
    where nothing was submitted, CourseInUse or CourseNotWritable where the course directory cannot be had, and
    ClusterUnavailable where no scheduler answers, or its workers are gone.
    """
    if sandboxed:
        sandbox_available()
    students = _chosen(course, only)
    with ExitStack() as held:
        held.enter_context(only_grader(course))
        held.enter_context(gradebook.usable(course))
        remove_parts(course.root / "grades")
        run = start(assignment, course, nonce or _last_nonce(course, assignment.name, resume or bool(only)), sandboxed)
        run = replace(run, reuses=sandboxed and bool(only) and not anew)
        if scheduler:
            from autograder.execution.dask_cluster import cluster  # dask takes a second to import, and few runs need it

            machines = held.enter_context(cluster(scheduler))
            run, workers = replace(run, elsewhere=machines.execute), machines.places
        _grade_all(run, students, workers, resume, progress)
        if run.has_study:
            from autograder.studies.overview import write_overview

            write_overview(run.name, finding_ids(run.release), course)
        return write_grades(run.name, course)


def _chosen(course: Course, only: Sequence[str]) -> list[str]:
    students = course.students()
    if unknown := [student for student in only if student not in students]:
        raise LookupError(f"{course.root / 'submitted'} has no folder {', '.join(map(shown, unknown))}")
    return list(only) or students


def _grade_all(run: Run, students: list[str], workers: int, resume: bool, progress: bool) -> None:
    kept = {student: _kept(run, student) for student in students} if resume else {}
    todo = [student for student in students if not kept.get(student)]
    for student in (student for student in students if kept.get(student)):
        _refresh_page(run, student)
    bar = tqdm(total=len(students), initial=len(students) - len(todo), desc=f"grading {run.name}", disable=not progress)
    with ThreadPoolExecutor(max_workers=workers) as pool, bar:
        for graded in _as_graded(pool, run, todo, 2 * workers):
            _save(run, graded)
            bar.update()


def start(assignment: Assignment, course: Course, nonce: str, sandboxed: bool) -> Run:
    """Begin a grading run: register the assignment, note the nonce, and work out what is expected for its cases."""
    release = built(assignment, course.built(assignment.name))
    gradebook.register(assignment, course)
    write_whole(course.run(assignment.name), json.dumps({"nonce": nonce}) + "\n")
    grading = grading_for(assignment.name, nonce, sandboxed, course.expected(assignment.name))
    return Run(assignment, course, nonce, sandboxed, release, grading)


def _last_nonce(course: Course, name: str, resume: bool) -> str:
    path = course.run(name)
    return json.loads(path.read_text(encoding="utf-8"))["nonce"] if resume and path.is_file() else secrets.token_hex(16)


def _as_graded(pool: ThreadPoolExecutor, run: Run, students: Iterable[str], at_once: int) -> Iterator[Graded]:
    """Submissions as they are graded, of which never more than `at_once` are under way or wait to be saved."""
    left = iter(students)
    under_way: set[Future] = set()
    try:
        while (
            started := {
                pool.submit(grade_submission, run, student) for student in islice(left, at_once - len(under_way))
            }
            | under_way
        ):
            done, under_way = wait(started, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    finally:
        for future in under_way:
            future.cancel()


def grade_submission(run: Run, student: str) -> Graded:
    """Restore, execute and score the submission of a student of the course; see `grade_folder`."""
    return grade_folder(run, student, run.course.submitted(student, run.name))


def grade_folder(run: Run, student: str, folder: Path, *, elsewhere: bool = True) -> Graded:
    """Restore, execute and score what lies in a folder; whatever is wrong with it becomes its status.

    `elsewhere` says to look in the student's other folders too. Raises ClusterUnavailable where what executes it is gone for
    everybody.
    """
    try:
        return _grade_readable(run, student, *find_notebook(folder, run.name, elsewhere=elsewhere))
    except ClusterUnavailable:
        raise
    except WorkerLost as error:
        return Graded(student, "worker-lost", (f"{error}.",))
    except Missing as error:
        return Graded(student, "missing", (str(error),))
    except Unreadable as error:
        return Graded(student, "unreadable", (str(error),))
    except Exception as error:  # noqa: BLE001 - one submission must never stop the class; it is reported, with its cause
        traceback.print_exc()
        return Graded(student, "failed", (f"{type(error).__name__}: {error}",))


def _grade_readable(run: Run, student: str, path: Path, moved: tuple[str, ...]) -> Graded:
    restoration = restore(read_submission(path), run.release)
    study = _study_beside(run, path)
    cases = {**case_files(run.grading.cases), **(study.case_files() if study else {})}
    digest = _digest(run, path)
    key = execution_key(restoration.notebook, cases, run.nonce, digest)
    kept = kept_execution(run.course.executed(student, run.name), key) if run.reuses else None
    execution = kept or run.executes(restoration.notebook, cases, sandboxed=run.sandboxed)
    verdicts = score(execution.notebook, run.grading, notices(execution.events), study.judge if study else None)
    if study:
        verdicts = study.held_against_solved(verdicts, run.name, run.executes, run.sandboxed)
    repairs = (*moved, *restoration.repairs)
    return Graded(
        student,
        gravest([*(event.kind for event in execution.events), *(["repaired"] if repairs else [])]),
        (*repairs, *dict.fromkeys(_told(event) for event in execution.events)),
        tuple(verdicts),
        finished(execution.notebook, run.name, verdicts),
        digest,
        key,
        execution,
        study,
    )


def _study_beside(run: Run, notebook: Path) -> "HandedInStudy | None":
    """The study beside a notebook, where the assignment has one."""
    if not run.has_study:
        return None
    from autograder.studies.judging import handed_in_study  # imports scipy, which other assignments do not need

    return handed_in_study(notebook, run.nonce)


def _told(event: Event) -> str:
    """What befell a cell, with the exercise that it belongs to, if any."""
    if event.cell_id.startswith(check_id("")):
        return f"The check of {exercise_of(event.cell_id)}: {event.message}."
    return f"A cell ({event.cell_id}): {event.message}."


def _digest(run: Run, path: Path) -> str:
    """What a grade depends on beside the nonce: the submitted notebook and its study, and the release with its cases."""
    study = study_bytes(path) if run.has_study else b""
    return hashlib.sha256(path.read_bytes() + study + run.fingerprint).hexdigest()


def _kept(run: Run, student: str) -> bool:
    """Whether the last run graded this very submission already, for this very release and these cases."""
    path = run.course.record(student, run.name)
    if not path.is_file():
        return False
    record = json.loads(path.read_text(encoding="utf-8"))
    try:
        submitted, _ = find_notebook(run.course.submitted(student, run.name), run.name)
        return record["nonce"] == run.nonce and record["digest"] == _digest(run, submitted)
    except Unreadable:
        return False


def _save(run: Run, graded: Graded) -> None:
    """Enter one result everywhere; its record comes last, so that a run that was stopped grades it again."""
    graded = replace(graded, notes=tuple(plain_text(note) for note in graded.notes))
    if graded.notebook is not None:
        reviewed = _reviewed_and_unchanged(run, graded)
        write_whole(run.course.autograded(graded.student, run.name), as_text(graded.notebook))
        gradebook.save_verdicts(graded.notebook, run.name, run.course, graded.student)
        if reviewed:
            gradebook.keep_reviewed(reviewed, run.name, run.course, graded.student)
        if undecided := [verdict.exercise for verdict in graded.verdicts if verdict.undecided]:
            gradebook.leave_to_a_person(undecided, run.name, run.course, graded.student)
    elif graded.status != "missing":
        gradebook.save_ungraded(run.name, run.course, graded.student)
    write_page(_page(run, graded), run.course.feedback(graded.student, run.name))
    if graded.study is not None:
        _write_study_page(run, graded)
    keep_execution(
        run.course.executed(graded.student, run.name), graded.key, graded.execution if run.sandboxed else None
    )
    _write_record(run, graded)


def _reviewed_and_unchanged(run: Run, graded: Graded) -> frozenset[str]:
    """The written answers that a person has marked, and that are today what they were then."""
    path = run.course.autograded(graded.student, run.name)
    if not path.is_file():
        return frozenset()
    before = written_answers(nbformat.read(path, as_version=4))
    same = {name for name, text in written_answers(graded.notebook).items() if before.get(name) == text}
    return gradebook.reviewed(run.name, run.course, graded.student) & same


def _refresh_page(run: Run, student: str) -> None:
    """Write the feedback page of a submission that is not graded again, with what persons entered since."""
    path = run.course.autograded(student, run.name)
    if not path.is_file():
        return
    record = json.loads(run.course.record(student, run.name).read_text(encoding="utf-8"))
    verdicts = tuple(Verdict(**verdict) for verdict in record["verdicts"])
    notebook = nbformat.read(path, as_version=4)
    graded = Graded(student, record["status"].split()[0], tuple(record["notes"]), verdicts, notebook)
    write_page(_page(run, graded), run.course.feedback(student, run.name))


def _page(run: Run, graded: Graded) -> Page:
    name = plain_text(graded.student)
    if graded.notebook is None:
        return Page(run.name, name, graded.status, graded.notes)
    grades, maximum = gradebook.grades_of(run.name, run.course, graded.student)
    listed = entries(graded.notebook, messages_by_exercise(list(graded.verdicts)), grades.scores, grades.comments)
    return Page(run.name, name, graded.status, graded.notes, grades.total, maximum, listed, grades.late_penalty)


def _write_study_page(run: Run, graded: Graded) -> None:
    """The page about a study for whoever reads its written parts."""
    from autograder.studies.page import write_study_page  # imports matplotlib

    grades, maximum = gradebook.grades_of(run.name, run.course, graded.student)
    write_study_page(
        graded.study.study,
        graded.study.fault,
        graded.study.findings_of(graded.verdicts),
        plain_text(graded.student),
        path=run.course.study_page(graded.student, run.name),
        assignment=run.name,
        status=graded.status,
        notes=graded.notes,
        total=grades.total,
        max_score=maximum,
    )


def _write_record(run: Run, graded: Graded) -> None:
    record = {
        "student": graded.student,
        "status": graded.status if run.sandboxed else f"{graded.status} (unsandboxed)",
        "notes": graded.notes,
        "verdicts": [asdict(verdict) for verdict in graded.verdicts],
        "nonce": run.nonce,
        "digest": graded.digest,
    }
    text = json.dumps(record, indent=1, ensure_ascii=False) + "\n"
    write_whole(run.course.record(graded.student, run.name), text)


def write_grades(name: str, course: Course) -> pd.DataFrame:
    """The table of grades of an assignment, from the gradebook and the records of the last run, also as a csv file."""
    paths = sorted(course.records(name).glob("*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    maximum = gradebook.max_score(name, course)
    entered = gradebook.all_grades(name, course)
    table = pd.DataFrame([_row(record, entered.get(record["student"]), maximum) for record in records])
    safe = table.assign(student_id=table["student_id"].map(not_a_formula)) if len(table) else table
    write_whole(course.grades(name), safe.to_csv(index=False))
    return table


def _row(record: dict, grades: gradebook.Grades | None, maximum: float) -> dict:
    """One line of the table. What could not be graded has no score, as a 0 would say that it was."""
    row = {"student_id": record["student"], "status": record["status"], "score": None, "max_score": maximum}
    if record["status"].split()[0] in UNGRADED or grades is None:
        return row
    return {**row, "score": grades.total, **grades.scores}
