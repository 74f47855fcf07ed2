"""The studies of a class side by side: what each is of, what was found, and whose numbers are those of another one.

One row a student, for the person who reads the written parts. Two studies with the same numbers are told and not judged: both
may be the worked example that ships, two may have worked together with leave, or one has handed in the other's.
"""

import hashlib
import json
from collections import defaultdict

import pandas as pd

from autograder.course import Course
from autograder.keeping.spreadsheet_text import not_a_formula
from autograder.keeping.whole_files import write_whole
from autograder.studies.judging import HandedInStudy, handed_in_study
from autograder.submissions.reading import Unreadable, find_notebook
from course_utils.studies.file import Study
from course_utils.texts.concept_files import load_concept
from course_utils.texts.concepts import Concept

WORKED_EXAMPLE = "the worked example"
SAME, NONE = "same_numbers_as", "none"
_OF_STUDY = ("approach", "suite", "concept", "items", "checkpoints")
_PRECISION = 6  # digits to which numbers count as the same


def write_overview(name: str, findings: list[str], course: Course) -> pd.DataFrame:
    """The table of studies of a graded class, also as a csv file: what was found is read from the records of the last run."""
    paths = sorted(course.records(name).glob("*.json"))
    records = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    studies = {record["student"]: _study(name, record["student"], course).study for record in records}
    shared = same_numbers(studies)
    rows = [_row(record, studies[record["student"]], findings, shared) for record in records]
    table = pd.DataFrame(rows, columns=["student_id", *_OF_STUDY, *findings, SAME])
    texts = table.map(lambda value: not_a_formula(value) if isinstance(value, str) else value)
    write_whole(course.studies(name), texts.to_csv(index=False))
    return table


def read_overview(name: str, course: Course) -> pd.DataFrame:
    """The table of studies as it was written."""
    return pd.read_csv(course.studies(name), keep_default_na=False)


def _study(name: str, student: str, course: Course) -> HandedInStudy:
    folder = course.submitted(student, name)
    try:
        notebook, _ = find_notebook(folder, name)
    except Unreadable:
        notebook = folder / f"{name}.ipynb"
    return handed_in_study(notebook, nonce="")


def _row(record: dict, study: Study | None, findings: list[str], shared: dict[str, str]) -> dict:
    verdicts = {verdict["exercise"]: verdict for verdict in record["verdicts"]}
    found = {name: _in_a_word(verdicts.get(name)) for name in findings}
    return {"student_id": record["student"], **_of_study(study), **found, SAME: shared.get(record["student"], "")}


def _in_a_word(verdict: dict | None) -> str:
    if verdict is None:
        return NONE
    return "to read" if verdict.get("undecided") else "yes" if verdict["passed"] else "no"


def _of_study(study: Study | None) -> dict:
    if study is None:
        return dict.fromkeys(_OF_STUDY, "")
    values = (study.approach, study.suite, study.concept.name, len(study.concept), len(study.steps))
    return dict(zip(_OF_STUDY, values, strict=True))


def same_numbers(studies: dict[str, Study | None]) -> dict[str, str]:
    """For each student whose study has the numbers of another one: who else, or that all of them are the worked example."""
    by_numbers = defaultdict(list)
    for student, study in studies.items():
        if study is not None:
            by_numbers[_digest(study)].append(student)
    told = {}
    for students in (some for some in by_numbers.values() if len(some) > 1):
        for student in students:
            others = ", ".join(other for other in students if other != student)
            told[student] = WORKED_EXAMPLE if is_worked_example(studies[student]) else others
    return told


def _digest(study: Study) -> str:
    numbers = study.table.round(_PRECISION).to_csv()
    return hashlib.sha256(f"{numbers}\0{_texts(study.concept)}".encode()).hexdigest()


def _texts(concept: Concept) -> list[tuple]:
    return [(item.prompt, item.target, item.contrast, item.foil) for item in concept.items]


def is_worked_example(study: Study) -> bool:
    """Whether a study is of what ships alone: a suite that ships, and the concept that the notebook takes for it."""
    return study.kind == "shipped" and _texts(study.concept) == _texts(load_concept("trades"))
