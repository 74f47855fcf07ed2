"""How a class is graded, stage by stage.

    find, read      submissions/    a student's file under limits, nothing in it believed
    restore         submissions/    the answers in a fresh copy of the release, nothing run
    execute         execution/      in a sandboxed kernel, which hands out plain data
    score           scoring/        that data against what the solved notebook hands out for the same cases
    judge           studies/        of the project: the study beside the notebook
    save            grading/        gradebook, autograded notebook, feedback page, record; then the table of grades

The untrusted part runs in worker threads, each of which waits for its own sandboxed kernel, here or on another machine; what
comes back is saved by one writer. A submission that cannot be graded gets a status and a page, and stops nobody.
"""

import traceback
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from tqdm.auto import tqdm

from autograder.assignments import Assignment
from autograder.authoring.notebooks import check_id, exercise_of, finding_ids
from autograder.course import Course, shown
from autograder.execution.executors import ClusterUnavailable, WorkerLost
from autograder.execution.kept_executions import execution_key, kept_execution
from autograder.execution.notebook import Event, Execution, notices
from autograder.execution.sandbox import sandbox_available
from autograder.exercises.cases import case_files
from autograder.grading.grades_csv import write_grades
from autograder.grading.pages import refresh_feedback
from autograder.grading.pool import as_finished
from autograder.grading.records import digest, is_done
from autograder.grading.run import Graded, Run, nonce_of, start
from autograder.grading.saving import save
from autograder.keeping.lock import only_grader
from autograder.keeping.whole_files import remove_parts
from autograder.scoring import gradebook
from autograder.scoring.filing import finished
from autograder.scoring.statuses import gravest
from autograder.scoring.verdicts import score
from autograder.submissions.reading import Missing, Unreadable, find_notebook, read_submission
from autograder.submissions.restoring import restore

if TYPE_CHECKING:
    from autograder.studies.judging import HandedInStudy


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
        nonce = nonce or nonce_of(course, assignment.name, last=resume or bool(only))
        run = replace(start(assignment, course, nonce, sandboxed), reuses=sandboxed and bool(only) and not anew)
        if scheduler:
            from autograder.execution.dask_cluster import cluster  # dask takes a second to import, and few runs need it

            machines = held.enter_context(cluster(scheduler))
            run, workers = replace(run, elsewhere=machines.execute), machines.places
        _grade_all(run, students, workers, resume, progress)
        if run.has_study:
            from autograder.studies.overview import write_overview  # imports scipy, which other assignments do not need

            write_overview(run.name, finding_ids(run.release), course)
        return write_grades(run.name, course)


def _chosen(course: Course, only: Sequence[str]) -> list[str]:
    students = course.students()
    if unknown := [student for student in only if student not in students]:
        raise LookupError(f"{course.root / 'submitted'} has no folder {', '.join(map(shown, unknown))}")
    return list(only) or students


def _grade_all(run: Run, students: list[str], workers: int, resume: bool, progress: bool) -> None:
    done = {student for student in students if resume and is_done(run, student)}
    for student in sorted(done):
        refresh_feedback(run, student)
    todo = [student for student in students if student not in done]
    results = as_finished(lambda student: grade_submission(run, student), todo, workers=workers, at_once=2 * workers)
    bar = tqdm(total=len(students), initial=len(done), desc=f"grading {run.name}", disable=not progress)
    with closing(results), bar:
        for graded in results:
            save(run, graded)
            bar.update()


def grade_submission(run: Run, student: str) -> Graded:
    """Restore, execute and score the submission of a student of the course; see `grade_folder`."""
    return grade_folder(run, student, run.course.submitted(student, run.name))


def grade_folder(run: Run, student: str, folder: Path, *, elsewhere: bool = True) -> Graded:
    """Restore, execute and score what lies in a folder; whatever is wrong with it becomes its status.

    `elsewhere` says to look in the student's other folders too. Raises ClusterUnavailable where what executes it is gone for
    everybody.
    """
    try:
        return _through_the_stages(run, student, *find_notebook(folder, run.name, elsewhere=elsewhere))
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


def _through_the_stages(run: Run, student: str, path: Path, moved: tuple[str, ...]) -> Graded:
    restoration = restore(read_submission(path), run.release)
    study = _study_beside(run, path)
    cases = {**case_files(run.grading.cases), **(study.case_files() if study else {})}
    submitted = digest(run, path)
    key = execution_key(restoration.notebook, cases, run.nonce, submitted)
    kept = kept_execution(run.course.executed(student, run.name), key) if run.reuses else None
    execution = kept or run.executes(restoration.notebook, cases, sandboxed=run.sandboxed)
    verdicts = score(execution.notebook, run.grading, notices(execution.events), study.judge if study else None)
    if study:
        verdicts = study.held_against_solved(verdicts, run.name, run.executes, run.sandboxed)
    repairs = (*moved, *restoration.repairs)
    return Graded(
        student,
        _status(execution, repairs),
        (*repairs, *dict.fromkeys(_told(event) for event in execution.events)),
        tuple(verdicts),
        finished(execution.notebook, run.name, verdicts),
        submitted,
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


def _status(execution: Execution, repairs: Sequence[str]) -> str:
    return gravest([*(event.kind for event in execution.events), *(["repaired"] if repairs else [])])


def _told(event: Event) -> str:
    """What befell a cell, with the exercise that it belongs to, if any."""
    if event.cell_id.startswith(check_id("")):
        return f"The check of {exercise_of(event.cell_id)}: {event.message}."
    return f"A cell ({event.cell_id}): {event.message}."
