"""Grade a course of the small assignment, in a process of its own that a test may kill: COURSE NONCE [--resume]."""

import sys
from pathlib import Path

from autograder.course import Course
from autograder.grade import grade
from autograder.scoring import expected
from tests.hostile import assignment


def main(course: Path, nonce: str, resume: bool) -> None:
    small = assignment.Assignment(assignment.NAME, course.parent / "repository")
    sys.modules[f"autograder.exercises.{assignment.NAME}"] = assignment.cases_module()
    expected.find_assignment = lambda name: small
    grade(small, Course(course), nonce=None if resume else nonce, resume=resume, workers=2, progress=False)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], "--resume" in sys.argv[3:])
