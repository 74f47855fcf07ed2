"""The table of grades in a terminal: whole, however many exercises there are."""

import pandas as pd
import pytest
from rich.console import Console

from autograder.grading.terminal_table import WIDTH, as_rich_table

STUDENTS = {"perfect": "graded", "thinks-constant-scaled-like-a-wave": "kernel-died", "not-json": "unreadable"}


def printed(exercises: list[str]) -> str:
    rows = [
        {"student_id": student, "status": status, "score": 10.5, "max_score": 41.0, **dict.fromkeys(exercises, 3.0)}
        for student, status in STUDENTS.items()
    ]
    console = Console(width=WIDTH)
    with console.capture() as captured:
        console.print(as_rich_table("grokking", pd.DataFrame(rows), console))
    return captured.get()


def test_few_exercises_stand_under_their_names():
    text = printed(["grokking_steps", "fourier_basis"])
    assert "grokking" in text and "basis" in text
    assert "score" in text and "of 41" in text


@pytest.mark.parametrize("count", [3, 8, 15, 18])
def test_nothing_is_cut_off(count):
    exercises = [f"the_measure_called_{chr(ord('a') + number)}" for number in range(count)]
    text = printed(exercises)
    assert "…" not in text
    assert all(student in text and status in text for student, status in STUDENTS.items())
    assert text.count("10.5") == len(STUDENTS)
    if count > 3:  # under numbers, with a key
        assert all(exercise in text for exercise in exercises)


def test_what_could_not_be_graded_has_an_empty_score():
    rows = [{"student_id": "not-json", "status": "unreadable", "score": None, "max_score": 14.0, "fourier_basis": None}]
    console = Console(width=WIDTH)
    with console.capture() as captured:
        console.print(as_rich_table("grokking", pd.DataFrame(rows), console))
    assert "nan" not in captured.get()
