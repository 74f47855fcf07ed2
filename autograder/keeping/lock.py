"""One grader at a time in a course directory, and a directory in which grading can be kept at all."""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from autograder.course import Course


class CourseInUse(RuntimeError):
    """Another grader works in the course directory."""


class CourseNotWritable(RuntimeError):
    """The course directory cannot take grades."""


@contextmanager
def only_grader(course: Course) -> Iterator[None]:
    """Hold the course directory until the block ends; the lock goes with the process, however that ends.

    Raises CourseInUse where another grader holds it, CourseNotWritable where nothing can be written there.
    """
    path = course.root / "grades" / ".grading.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise CourseInUse(
            f"{course.root} is being graded by another process; wait until that is done, or stop it. "
            "Nothing was changed here"
        ) from error
    except OSError as error:
        raise CourseNotWritable(
            f"{course.root} cannot be written ({error.strerror or error}): grades, feedback and the gradebook go there. "
            "Give yourself the right to write, or copy the course to where you have it"
        ) from error
    try:
        yield
    finally:
        lock.release()
