"""A grading run, and what becomes of one submission in it."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from nbformat import NotebookNode

from autograder.assignments import Assignment
from autograder.authoring.kept_notebooks import built
from autograder.authoring.notebooks import as_text, finding_ids
from autograder.course import Course
from autograder.execution.executors import Executor
from autograder.execution.notebook import Execution, execute
from autograder.exercises.cases import case_files
from autograder.keeping.whole_files import write_whole
from autograder.scoring import gradebook
from autograder.scoring.expected import grading_for
from autograder.scoring.verdicts import Grading, Verdict

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


def start(assignment: Assignment, course: Course, nonce: str, sandboxed: bool) -> Run:
    """Begin a grading run: register the assignment, note the nonce, and work out what is expected for its cases."""
    release = built(assignment, course.built(assignment.name))
    gradebook.register(assignment, course)
    write_whole(course.run(assignment.name), json.dumps({"nonce": nonce}) + "\n")
    grading = grading_for(assignment.name, nonce, sandboxed, course.expected(assignment.name))
    return Run(assignment, course, nonce, sandboxed, release, grading)


def nonce_of(course: Course, name: str, *, last: bool) -> str:
    """The nonce of the last run of an assignment, where there was one and it is wanted; else a fresh one."""
    path = course.run(name)
    return json.loads(path.read_text(encoding="utf-8"))["nonce"] if last and path.is_file() else secrets.token_hex(16)
