"""What a run notes of each submission, so that a run that was stopped goes on, and a table can be made at any time."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from autograder.course import Course
from autograder.grading.run import Graded, Run
from autograder.keeping.whole_files import write_whole
from autograder.studies.files import study_bytes
from autograder.submissions.reading import Unreadable, find_notebook


def digest(run: Run, path: Path) -> str:
    """What a grade depends on beside the nonce: the submitted notebook and its study, and the release with its cases."""
    study = study_bytes(path) if run.has_study else b""
    return hashlib.sha256(path.read_bytes() + study + run.fingerprint).hexdigest()


def write_record(run: Run, graded: Graded) -> None:
    """Note what was found about a submission, and of what."""
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


def read_records(name: str, course: Course) -> list[dict]:
    """The records of an assignment, by student."""
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted(course.records(name).glob("*.json"))]


def read_record(name: str, course: Course, student: str) -> dict | None:
    """The record of one student; None where there is none."""
    path = course.record(student, name)
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def is_done(run: Run, student: str) -> bool:
    """Whether the last run graded this very submission already, for this very release and these cases."""
    record = read_record(run.name, run.course, student)
    if record is None:
        return False
    try:
        submitted, _ = find_notebook(run.course.submitted(student, run.name), run.name)
        return record["nonce"] == run.nonce and record["digest"] == digest(run, submitted)
    except Unreadable:
        return False
