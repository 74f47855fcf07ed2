"""The sample class: nine students, made from the solved notebook and the misconceptions, and graded like any class.

It shows an instructor what grading looks like, and it is the kit's own test of the whole way: each student has a status
and a score that must come out.
"""

import ast
import copy
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from nbformat import NotebookNode

from autograder.assignments import Assignment
from autograder.authoring.filling import fill, solved_answers, solved_submission
from autograder.authoring.notebooks import as_text, check_id, exercise_ids, solved_notebook, student_notebook
from autograder.course import Course

HOSTILE = '''\
import os, pathlib, socket

def {exercise}(*args, **kwargs):
    """Look for the answers, call home, and end the process."""
    roots = map(pathlib.Path, ("/", "..", os.path.expanduser("~")))
    found = [path for root in roots for path in root.glob("**/solutions/*.py")]
    try:
        socket.create_connection(("127.0.0.1", 80), timeout=1).close()
        found.append("network")
    except OSError:
        pass
    print("found:", found)
    os._exit(0)
'''


@dataclass(frozen=True)
class SampleStudent:
    """One member of the sample class: what they hand in, and what must come out."""

    name: str
    text: str
    status: str
    right: frozenset[str]


def sample_class(assignment: Assignment) -> list[SampleStudent]:
    """The sample class of an assignment, in order."""
    exercises = exercise_ids(solved_notebook(assignment))
    students = [
        _student("perfect", solved_submission(assignment), "graded", exercises),
        *_with_misconceptions(assignment, exercises),
        _half_way(assignment, exercises),
        _student("untouched", student_notebook(solved_notebook(assignment)), "graded", []),
        SampleStudent("not-json", "My notebook did not save, here is my answer: 42\n", "unreadable", frozenset()),
        _student("shuffled-tests", _with_broken_tests(assignment, exercises), "repaired", exercises),
        _hostile(assignment, exercises),
    ]
    return sorted(students, key=lambda student: student.name)


def _student(name: str, notebook: NotebookNode, status: str, right: list[str]) -> SampleStudent:
    return SampleStudent(name, as_text(notebook), status, frozenset(right))


def _with_misconceptions(assignment: Assignment, exercises: list[str]) -> list[SampleStudent]:
    """Three students, each with one typical misconception, in different exercises as far as there are any."""
    students = []
    for number in range(3):
        exercise = exercises[number % len(exercises)]
        wrong = assignment.misconceptions(exercise)[number // len(exercises)]
        notebook = solved_submission(assignment, **{exercise: _without_docstring(wrong.source)})
        name = f"thinks-{wrong.name.replace('_', '-')}"
        students.append(_student(name, notebook, "graded", [id for id in exercises if id != exercise]))
    return students


def _without_docstring(source: str) -> str:
    """A misconception as a student would hand it in: without the explanation of what is wrong with it."""
    docstring = ast.parse(source).body[0]
    return "\n".join(source.splitlines()[docstring.end_lineno :]).strip()


def _half_way(assignment: Assignment, exercises: list[str]) -> SampleStudent:
    done = exercises[: len(exercises) // 2]
    answers = {id: source for id, source in solved_answers(assignment).items() if id in done}
    return _student("half-way", fill(student_notebook(solved_notebook(assignment)), answers), "graded", done)


def _with_broken_tests(assignment: Assignment, exercises: list[str]) -> NotebookNode:
    """Every answer right, but one check cell deleted and another one there twice."""
    notebook = solved_submission(assignment)
    notebook.cells = [cell for cell in notebook.cells if cell.id != check_id(exercises[0])]
    index = next(i for i, cell in enumerate(notebook.cells) if cell.id == check_id(exercises[-1]))
    again = copy.deepcopy(notebook.cells[index])
    again.id = f"{again.id}-again"
    notebook.cells.insert(index + 1, again)
    return notebook


def _hostile(assignment: Assignment, exercises: list[str]) -> SampleStudent:
    attacked = exercises[0]
    notebook = solved_submission(assignment, **{attacked: HOSTILE.format(exercise=attacked)})
    return _student("hostile", notebook, "kernel-died", exercises[1:])


def write_sample_class(
    assignment: Assignment, course: Course, keep: Callable[[str], bool] = lambda name: True
) -> list[SampleStudent]:
    """Put the sample class's submissions into a course directory, in place of whatever was submitted there."""
    shutil.rmtree(course.root / "submitted", ignore_errors=True)
    students = [student for student in sample_class(assignment) if keep(student.name)]
    for student in students:
        path = course.submitted(student.name, assignment.name) / f"{assignment.name}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(student.text, encoding="utf-8")
    return students


def disagreements(students: list[SampleStudent], assignment: Assignment, table: pd.DataFrame) -> list[str]:
    """Where the table of grades is not what must come out, a sentence each."""
    rows = table.set_index("student_id")
    exercises = exercise_ids(solved_notebook(assignment))
    found = []
    for student in students:
        row = rows.loc[student.name]
        right = {id for id in exercises if pd.notna(row[id]) and row[id] > 0}
        if row["status"] != student.status or right != student.right:
            expected = f"{student.status}, right in {sorted(student.right)}"
            found.append(f"{student.name}: got {row['status']}, right in {sorted(right)}; expected {expected}")
    return found


def fresh_course(root: Path) -> Course:
    """An empty course directory; refuses to empty one that this demo has not made itself."""
    marker = root / ".made-by-the-demo"
    if root.exists() and any(root.iterdir()) and not marker.exists():
        raise FileExistsError(f"{root} is not empty and was not made by the demo: choose another directory")
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    marker.touch()
    return Course(root)
