"""What does the sandbox cost? One notebook graded with and without it, in turn.

    python -m benchmarks.sandbox                  the solved grokking notebook, 15 rounds
    python -m benchmarks.sandbox NAME --rounds N

Run it from the root of the repository. In each round the same submission goes through restore, execute and score once in
a sandboxed kernel and once in a bare one, in alternating order, so that a noisy neighbour slows both; the ratio of the
medians is what counts. Saving and feedback are the same on both sides and are left out.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

from autograder.assignments import find_assignment
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text
from autograder.course import Course
from autograder.grade import grade_submission
from autograder.grading.run import Run, start

MOST = 1.15  # what we hold ourselves to
NONCE, STUDENT = "0" * 32, "perfect"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", nargs="?", default="grokking", metavar="NAME")
    parser.add_argument("--rounds", type=int, default=15, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        seconds = measure(options.name, Course(Path(folder)), options.rounds)
    medians = {sandboxed: statistics.median(times) for sandboxed, times in seconds.items()}
    ratio = medians[True] / medians[False]
    print(f"grading {options.name} once, median of {options.rounds} rounds")
    print(f"  in the sandbox       {medians[True]:6.2f} s   (fastest {min(seconds[True]):.2f} s)")
    print(f"  in a bare kernel     {medians[False]:6.2f} s   (fastest {min(seconds[False]):.2f} s)")
    print(f"  sandboxed over bare  {ratio:6.2f}     at most {MOST}: {'yes' if ratio <= MOST else 'NO'}")


def measure(name: str, course: Course, rounds: int) -> dict[bool, list[float]]:
    """Seconds of each round, with and without the sandbox. Raises RuntimeError where the submission loses a point."""
    assignment = find_assignment(name)
    path = course.submitted(STUDENT, name) / f"{name}.ipynb"
    path.parent.mkdir(parents=True)
    path.write_text(as_text(solved_submission(assignment)), encoding="utf-8")
    runs = {sandboxed: start(assignment, course, NONCE, sandboxed) for sandboxed in (True, False)}
    for run in runs.values():  # the first kernel of each kind reads everything from disk
        timed(run)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number in range(rounds):
        for sandboxed in (True, False) if number % 2 else (False, True):
            seconds[sandboxed].append(timed(runs[sandboxed]))
    return seconds


def timed(run: Run) -> float:
    """Seconds that one submission takes. Raises RuntimeError where it does not come through with full points."""
    started = time.perf_counter()
    graded = grade_submission(run, STUDENT)
    taken = time.perf_counter() - started
    lost = [verdict.exercise for verdict in graded.verdicts if verdict.points != verdict.max_points]
    if lost or not graded.verdicts:
        raise RuntimeError(f"the solved notebook lost points in {lost or 'everything'}: status {graded.status}")
    return taken


if __name__ == "__main__":
    main()
