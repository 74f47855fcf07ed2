"""The table of grades of an assignment, as a DataFrame and as grades/NAME.csv."""

import pandas as pd

from autograder.course import Course, nbgrader_id
from autograder.grading.records import read_records
from autograder.keeping.spreadsheet_text import not_a_formula
from autograder.keeping.whole_files import write_whole
from autograder.scoring import gradebook
from autograder.scoring.statuses import UNGRADED


def write_grades(name: str, course: Course) -> pd.DataFrame:
    """The table of grades of an assignment, from the gradebook and the records of the last run, also as a csv file."""
    maximum = gradebook.max_score(name, course)
    entered = gradebook.all_grades(name, course)
    table = pd.DataFrame(
        [_row(record, entered.get(nbgrader_id(record["student"])), maximum) for record in read_records(name, course)]
    )
    safe = table.assign(student_id=table["student_id"].map(not_a_formula)) if len(table) else table
    write_whole(course.grades(name), safe.to_csv(index=False))
    return table


def _row(record: dict, grades: gradebook.Grades | None, maximum: float) -> dict:
    """One line of the table. What could not be graded has no score, as a 0 would say that it was."""
    row = {"student_id": record["student"], "status": record["status"], "score": None, "max_score": maximum}
    if record["status"].split()[0] in UNGRADED or grades is None:
        return row
    return {**row, "score": grades.total, **grades.scores}
