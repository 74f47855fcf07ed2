"""The commands of the kit: python -m autograder build | lint | grade | worker | export | gradescope-zip | demo."""

import argparse
import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.assignments import ROOT, Assignment, all_assignments, find_assignment

if TYPE_CHECKING:
    from pandas import DataFrame

    from autograder.course import Course


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except (LookupError, OSError, RuntimeError) as error:
        print(_sentence(error), file=sys.stderr)
        return 2


def _sentence(error: Exception) -> str:
    """What is told of an error that is no fault of the kit's."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return f"The disk is full ({error.filename or 'no room left'}). Make room, then go on with --resume: nothing is lost."
    return f"{type(error).__name__}: {error}" if isinstance(error, LookupError) else str(error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m autograder", description="Build, lint and grade the course's notebooks."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    build = commands.add_parser("build", help="solved scripts -> student notebooks and public cases")
    build.add_argument("names", nargs="*", metavar="NAME", help="assignments; all of them by default")
    build.add_argument("--check", action="store_true", help="write nothing; exit 1 and name what is stale")
    build.add_argument(
        "--course", type=Path, default=ROOT / "course", help="where nbgrader's gradebook is told of them"
    )
    build.set_defaults(run=_build)
    lint = commands.add_parser("lint", help="what a solved script, and what stands beside it, may look like")
    lint.set_defaults(run=_lint)
    grade = commands.add_parser("grade", help="grade every submission of an assignment")
    grade.add_argument("name", metavar="NAME")
    grade.add_argument(
        "--course", type=Path, required=True, metavar="DIR", help="holds submitted/STUDENT/NAME/NAME.ipynb"
    )
    _add_grading_options(grade)
    grade.add_argument("--nonce", metavar="HEX", help="draw the cases of an earlier run again")
    grade.add_argument("--resume", action="store_true", help="go on with the last run where it stopped")
    grade.add_argument(
        "--student", action="append", default=[], metavar="ID", help="only this student, for the cases of the last run"
    )
    grade.add_argument(
        "--execute",
        action="store_true",
        help="with --student: execute the notebook even if nothing changed since it was",
    )
    grade.add_argument("--scheduler", metavar="ADDRESS", help="execute on a dask cluster's workers, tcp://HOST:PORT")
    grade.set_defaults(run=_grade)
    worker = commands.add_parser("worker", help="execute submissions here for a grader on another machine")
    worker.add_argument("scheduler", metavar="ADDRESS", help="of the dask scheduler, tcp://HOST:PORT")
    worker.add_argument(
        "--workers", type=int, default=os.cpu_count(), metavar="N", help="submissions executed at the same time"
    )
    worker.set_defaults(run=_worker)
    export = commands.add_parser("export", help="the grades in the form of another system")
    export.add_argument("name", metavar="NAME")
    export.add_argument("--course", type=Path, required=True, metavar="DIR", help="where the class was graded")
    export.add_argument("--format", default="csv", metavar="FORM", help="csv, canvas or gradescope")
    export.add_argument(
        "--roster", type=Path, metavar="FILE", help="Canvas's export of its gradebook, to name students as it does"
    )
    export.set_defaults(run=_export)
    bundle = commands.add_parser("gradescope-zip", help="an autograder to upload to Gradescope")
    bundle.add_argument("name", metavar="NAME")
    bundle.add_argument("--output", type=Path, metavar="FILE", help="the zip file; NAME-gradescope.zip by default")
    bundle.set_defaults(run=_gradescope_zip)
    demo = commands.add_parser("demo", help="make a small sample class and grade it")
    demo.add_argument("name", nargs="?", default="grokking", metavar="NAME")
    demo.add_argument("--course", type=Path, default=ROOT / "demo-course", metavar="DIR")
    _add_grading_options(demo)
    demo.set_defaults(run=_demo)
    return parser


def _add_grading_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=2, metavar="N", help="submissions graded at the same time")
    parser.add_argument("--unsandboxed", action="store_true", help="where no sandbox can be had; every row says so")


def _chosen(names: list[str]) -> list[Assignment]:
    return [find_assignment(name) for name in names] if names else all_assignments()


def _build(options: argparse.Namespace) -> int:
    from autograder.build_all import build, check

    return check(_chosen(options.names)) if options.check else build(_chosen(options.names), options.course)


def _lint(options: argparse.Namespace) -> int:
    from autograder.authoring.lint import lint

    problems = lint(ROOT)
    for problem in problems:
        print(problem.relative_to(ROOT))
    print(f"{len(problems)} problems" if problems else "nothing to say against the solved scripts")
    return 1 if problems else 0


def _grade(options: argparse.Namespace) -> int:
    from autograder.quick_start import quick_imports

    with quick_imports():
        from autograder.course import Course
        from autograder.grade import grade
        from autograder.grading.terminal_table import show

    assignment = find_assignment(options.name)
    table = grade(
        assignment,
        Course(options.course),
        nonce=options.nonce,
        workers=options.workers,
        sandboxed=not options.unsandboxed,
        resume=options.resume,
        scheduler=options.scheduler,
        only=options.student,
        anew=options.execute,
    )
    # Of a class of a thousand nobody wants to see all rows, or wait for them, after one student was graded.
    show(
        assignment.name,
        Course(options.course),
        table[table.student_id.isin(options.student)] if options.student else table,
    )
    return 0


def _worker(options: argparse.Namespace) -> int:
    from autograder.execution.dask_cluster import serve

    serve(options.scheduler, options.workers)
    return 0


def _export(options: argparse.Namespace) -> int:
    from autograder.course import Course
    from autograder.grading.exports import RosterMismatch, export

    try:
        path = export(find_assignment(options.name).name, Course(options.course), options.format, options.roster)
    except RosterMismatch as error:
        print(error, file=sys.stderr)
        return 2
    print(f"written to {path}")
    return 0


def _gradescope_zip(options: argparse.Namespace) -> int:
    from autograder.platforms.gradescope_bundle import write_bundle

    assignment = find_assignment(options.name)
    path = write_bundle(assignment, options.output or Path(f"{assignment.name}-gradescope.zip"))
    print(
        f"written to {path}: upload it as the autograder of a programming assignment. SECURITY.md says what is protected there"
    )
    return 0


def _demo(options: argparse.Namespace) -> int:
    from autograder.grade import grade
    from autograder.grading.terminal_table import show
    from autograder.samples import studies as sample_studies
    from autograder.samples.class_of_nine import fresh_course

    assignment, course = find_assignment(options.name), fresh_course(options.course)
    write = _write_studies if assignment.name == sample_studies.NAME else _write_sample_class
    disagreements = write(assignment, course)
    table = grade(assignment, course, workers=options.workers, sandboxed=not options.unsandboxed)
    show(assignment.name, course, table)
    if options.unsandboxed:
        return 0
    wrong = disagreements(table)
    for sentence in wrong:
        print(f"not as it should be: {sentence}", file=sys.stderr)
    return 1 if wrong else 0


def _write_sample_class(assignment: Assignment, course: "Course") -> Callable[["DataFrame"], list[str]]:
    """Submit the sample class; returns what tells where its grades are not what must come out."""
    from autograder.samples.class_of_nine import disagreements, write_sample_class

    students = write_sample_class(assignment, course)
    return lambda table: disagreements(students, assignment, table)


def _write_studies(assignment: Assignment, course: "Course") -> Callable[["DataFrame"], list[str]]:
    """Make and submit the sample class of the project, as `_write_sample_class`."""
    from autograder.samples.studies import disagreements, sample_studies, write_sample_studies
    from autograder.studies.overview import read_overview

    print("making three studies, by running the solved notebook with each approach; this takes some minutes")
    students = sample_studies(assignment, course.root / "workshop")
    write_sample_studies(students, course)
    return lambda table: disagreements(students, read_overview(assignment.name, course))


if __name__ == "__main__":
    sys.exit(main())
