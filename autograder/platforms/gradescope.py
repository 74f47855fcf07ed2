"""On Gradescope: grade the one submission that lies there, and write results.json. `gradescope_bundle` brings this there.

    python -m autograder.platforms.gradescope NAME /autograder

Gradescope runs each submission in a container of its own, as root. Where that container lets bubblewrap make a sandbox, the
sandbox is used. Where it does not, a student's code runs as another user, who can neither read the grader nor write results;
but the network, and what else a user may see of a machine, stay open. Which of the two it was stands in the results.
"""

import functools
import json
import secrets
import sys
from pathlib import Path

import psutil

from autograder.assignments import find_assignment
from autograder.course import Course
from autograder.execution.executors import Executor
from autograder.execution.harmless_outputs import plain_text
from autograder.execution.notebook import execute
from autograder.execution.sandbox import SandboxUnavailable, sandbox_available
from autograder.grade import grade_folder
from autograder.grading.run import Graded, Run
from autograder.keeping.whole_files import write_whole
from autograder.platforms.nbgrader_steps import grading_for, release_of
from autograder.scoring.statuses import EXPLANATIONS

STUDENT = "student"  # the user that setup.sh makes


def main(name: str, root: Path) -> None:
    """Grade ROOT/submission and write ROOT/results/results.json.

    Raises RuntimeError, and writes no results, where the fault is the grader's: Gradescope then says that it failed.
    """
    confined = _has_sandbox()
    nonce = secrets.token_hex(16)
    # The solved notebook is ours: where there is no sandbox it runs as root, and nothing of it is left for the student's user.
    grading = grading_for(name, nonce, confined)
    executor: Executor = execute if confined else _as_student
    run = Run(find_assignment(name), Course(root), nonce, confined, release_of(name), grading, executor)
    graded = grade_folder(run, "submission", root / "submission", elsewhere=False)
    if graded.status == "failed":
        raise RuntimeError(f"the grader could not finish this submission: {' '.join(graded.notes)}")
    write_whole(root / "results" / "results.json", json.dumps(results(graded, nonce, confined), indent=1) + "\n")


def _has_sandbox() -> bool:
    try:
        sandbox_available()
    except SandboxUnavailable as error:
        print(f"no sandbox in this container, so students' code runs as the user {STUDENT!r}: {error}", file=sys.stderr)
        return False
    return True


@functools.wraps(execute)
def _as_student(*arguments: object, **options: object) -> object:
    try:
        return execute(*arguments, **options, user=STUDENT)
    finally:
        for process in psutil.process_iter(["username"]):
            if process.info["username"] == STUDENT:
                process.kill()


def results(graded: Graded, nonce: str, confined: bool) -> dict:
    """What Gradescope reads: a total, a test for each exercise, and for the instructor how it came about.

    Gradescope knows no state between a score and a failed autograder: what cannot be read gets a 0 and the reason.
    """
    told = [EXPLANATIONS[graded.status], *map(plain_text, graded.notes)]
    return {
        "score": sum(verdict.points for verdict in graded.verdicts),
        "output": "\n".join(told),
        "output_format": "text",
        "stdout_visibility": "hidden",
        "tests": [*_checks(graded), *_written(graded)],
        "extra_data": {
            "status": graded.status,
            "nonce": nonce,
            "confinement": "bubblewrap" if confined else f"user {STUDENT}",
        },
    }


def _checks(graded: Graded) -> list[dict]:
    return [
        {
            "name": verdict.exercise,
            "score": verdict.points,
            "max_score": verdict.max_points,
            "status": "passed" if verdict.passed else "failed",
            "output": plain_text(verdict.message),
            "output_format": "text",
            "visibility": "visible",
        }
        for verdict in graded.verdicts
    ]


def _written(graded: Graded) -> list[dict]:
    """Written answers, for the person who grades them; Gradescope takes their points by hand, in a question of its own."""
    cells = graded.notebook.cells if graded.notebook is not None else []
    found = [(cell.metadata.get("nbgrader", {}), cell.source) for cell in cells]
    return [
        {
            "name": f"{metadata['grade_id']} (read by a person, {metadata['points']:g} points)",
            "output": plain_text(source),
            "output_format": "text",
            "visibility": "hidden",
        }
        for metadata, source in found
        if metadata.get("grade") and metadata.get("solution")
    ]


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
