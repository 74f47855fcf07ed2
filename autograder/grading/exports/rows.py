"""The grades of a class as rows, from which every export is made."""

import pandas as pd

from autograder.course import Course, nbgrader_id
from autograder.grading.records import read_records
from autograder.scoring import gradebook
from autograder.scoring.statuses import UNGRADED


def grade_rows(name: str, course: Course) -> pd.DataFrame:
    """One row a student: student_id, status, score, late_penalty, max_score, needs_manual_grade, then each exercise.

    `score` has the late penalty taken off; it is missing where the submission could not be graded.
    """
    records = {record["student"]: record["status"] for record in read_records(name, course)}
    if not records:
        raise FileNotFoundError(
            f"{course.root} holds no grades of {name} yet: run `python -m autograder grade {name} --course {course.root}`"
        )
    entered = gradebook.all_grades(name, course)
    maximum = gradebook.max_score(name, course)
    rows = []
    for student, status in records.items():
        grades = entered.get(nbgrader_id(student))
        known = grades is not None and status.split()[0] not in UNGRADED
        row = {"student_id": student, "status": status, "score": grades.total if known else None}
        row |= {"late_penalty": grades.late_penalty if known else None, "max_score": maximum}
        row |= {"needs_manual_grade": bool(grades and grades.needs_manual_grade)}
        rows.append(row | (grades.scores if known else {}))
    return pd.DataFrame(rows)
