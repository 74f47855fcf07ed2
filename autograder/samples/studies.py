"""The sample class of the project: eight students who hand in studies, among them what a grader has to see through.

Full studies are made as a student makes them, by running the solved notebook with each approach; the others are made from
these: with checkpoints picked so that a change looks sharper, with curves that no code gives, late, without code, with
another student's data.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from nbclient import NotebookClient

from autograder.assignments import Assignment
from autograder.authoring.filling import solved_submission
from autograder.authoring.notebooks import as_text, exercise_ids, solved_notebook, student_notebook
from autograder.authoring.solved_code import solved_functions
from autograder.course import Course
from autograder.studies.files import FOLDER
from autograder.studies.overview import WORKED_EXAMPLE
from course_utils.checking.figures import figure_facts
from course_utils.studies.file import RUN, Study, load_study
from course_utils.studies.findings import FINDINGS
from course_utils.studies.metrics import UNITS, means, metrics_of
from course_utils.studies.recomputation import NAME as RECOMPUTED

NAME = "milestone"
CHOICE = 'approach = "A"'
LATE = "2026-03-04 13:00:00 UTC"
CELL_SECONDS = 900
PICKED = (
    0,
    700,
    850,
    1000,
    1200,
    1450,
    2100,
    2600,
)  # of the worked example's checkpoints: nothing of its early training
# The fine-tuning of the sample is not the worked example: another seed of texts and order.
OWN_RUN = ("finetune_on_puns(run_folder)", "finetune_on_puns(run_folder, pun_config(seed=1))")
OWN_IMPORT = ("finetune_on_puns, induction_runs,", "finetune_on_puns, induction_runs, pun_config,")


@dataclass(frozen=True)
class SampleStudy:
    """One student with a study: what is handed in, and what has to be found about it."""

    name: str
    text: str
    study: Study | None
    run: Path | None = None  # the folder of checkpoints of the student's own
    failing: frozenset[str] = frozenset()  # findings that must not pass
    same_numbers_as: str = ""
    right: frozenset[str] = frozenset()  # exercises
    timestamp: str = ""
    found: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        found = {
            name: "no" if name.removeprefix("study_") in self.failing else "yes" for name in (*FINDINGS, RECOMPUTED)
        }
        object.__setattr__(self, "found", found)


def make_study(assignment: Assignment, approach: str, folder: Path) -> Path:
    """Run the solved notebook with an approach in a folder, where its study then lies; what lies there already is kept.

    Raises CellExecutionError where a cell fails.
    """
    if (folder / FOLDER / "study.json").is_file():
        return folder / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    notebook = solved_notebook(assignment)
    for cell in notebook.cells:
        for before, after in ((CHOICE, CHOICE.replace("A", approach)), OWN_RUN, OWN_IMPORT):
            cell.source = cell.source.replace(before, after)
    # The findings stand below the cell that saves the study, and the report reads the notebook from its file.
    (folder / f"{assignment.name}.ipynb").write_text(as_text(notebook), encoding="utf-8")
    NotebookClient(notebook, timeout=CELL_SECONDS, resources={"metadata": {"path": folder}}).execute()
    return folder / FOLDER


def sample_studies(assignment: Assignment, workshop: Path) -> list[SampleStudy]:
    """The sample class, its full studies made in a workshop folder, which takes minutes the first time."""
    solved, exercises = as_text(solved_submission(assignment)), frozenset(exercise_ids(solved_notebook(assignment)))
    made = {approach: make_study(assignment, approach, workshop / approach) for approach in "ABC"}
    studies = {approach: load_study(folder) for approach, folder in made.items()}
    public, tuned, scratch = (studies[approach] for approach in "ABC")
    honest = {"text": solved, "right": exercises}
    students = [
        SampleStudy("public-checkpoints", study=public, same_numbers_as=WORKED_EXAMPLE, **honest),
        SampleStudy("fine-tuned", study=tuned, run=made["B"] / RUN, same_numbers_as="others-data", **honest),
        SampleStudy("from-scratch", study=scratch, run=made["C"] / RUN, **honest),
        SampleStudy("cherry-picked", study=cherry_picked(public), failing=frozenset({"checkpoints"}), **honest),
        SampleStudy("fabricated", study=fabricated(public), failing=frozenset({"recomputed"}), **honest),
        SampleStudy("late", study=public, same_numbers_as=WORKED_EXAMPLE, timestamp=LATE, **honest),
        SampleStudy(
            "no-code",
            text=as_text(student_notebook(solved_notebook(assignment))),
            study=public,
            failing=frozenset({"recomputed"}),
            same_numbers_as=WORKED_EXAMPLE,
        ),
        SampleStudy("others-data", study=tuned, run=made["B"] / RUN, same_numbers_as="fine-tuned", **honest),
    ]
    return sorted(students, key=lambda student: student.name)


def cherry_picked(study: Study) -> Study:
    """The same numbers at fewer checkpoints: those before the change are left out, but for the first."""
    return _told_anew(replace(study, table=_like(study, study.table.loc[list(PICKED)])))


def fabricated(study: Study) -> Study:
    """Log-odds that jump from nothing to all between two checkpoints, as no code gives them; all else follows from them."""
    table, rng = study.table.copy(), np.random.default_rng(0)
    jump = np.where(np.array(study.steps) >= 1000, 7.5, 0.0)
    for column in [name for name in table.columns if name.startswith("concept.log_odds.")]:
        table[column] = jump + 0.05 * rng.standard_normal(len(jump))
    return _told_anew(replace(study, table=_like(study, table)))


def _like(study: Study, table: pd.DataFrame) -> pd.DataFrame:
    table.attrs["errors"] = study.errors
    return table


def _told_anew(study: Study) -> Study:
    """A study with emergence table, figures and claims that follow from its numbers."""
    import matplotlib.pyplot as plt

    functions: dict[str, Callable] = solved_functions(NAME)
    metrics = metrics_of(study.table, study.circuit)
    reported = pd.DataFrame(functions["emergence_table"](study.steps, metrics))
    located = {row.metric: None if np.isnan(row.step) else row.step for row in reported.itertuples()}
    figure = functions["trajectory_figure"](study.steps, means(metrics), located, UNITS)
    facts = figure_facts(figure)
    plt.close(figure)
    verdicts = dict(zip(reported["metric"], reported["verdict"], strict=True))
    claims = {name: verdicts[name] for name in study.claims}
    return replace(study, reported=reported, figures=[facts], claims=claims)


def write_sample_studies(students: list[SampleStudy], course: Course) -> None:
    """Put the sample class's submissions into a course directory, in place of whatever was submitted there."""
    shutil.rmtree(course.root / "submitted", ignore_errors=True)
    for student in students:
        folder = course.submitted(student.name, NAME)
        folder.mkdir(parents=True)
        (folder / f"{NAME}.ipynb").write_text(student.text, encoding="utf-8")
        if student.study is not None:
            student.study.save(folder / FOLDER)
        if student.run is not None:
            shutil.copytree(student.run, folder / FOLDER / RUN)
        if student.timestamp:
            (folder / "timestamp.txt").write_text(student.timestamp, encoding="utf-8")


def disagreements(students: list[SampleStudy], overview: pd.DataFrame) -> list[str]:
    """Where what was found about the studies is not what must be found, a sentence each."""
    rows = overview.set_index("student_id")
    told = []
    for student in students:
        row = rows.loc[student.name]
        for name, expected in {**student.found, "same_numbers_as": student.same_numbers_as}.items():
            if row[name] != expected:
                told.append(f"{student.name}: {name} is {row[name]!r}; expected {expected!r}")
    return told
