"""The study that was handed in beside a notebook -> verdicts on the findings about it, decided outside every kernel.

A study is a file of numbers, so most findings need none of the student's code. One does: does the code give
these numbers? For it the student's kernel measures a few checkpoints anew, chosen by the run's nonce, with the
student's own functions, and hands out what came; here it is compared with what was reported. Checkpoints of a run of the
student's own go into the box as data, with the request.

Nothing of a study is believed: it is read under limits, no link is followed, and what it says of itself decides only what it is
compared with. Functions that pass their cases could still know these checkpoints when they see them, and answer with invented
numbers; so where everything else passes, the solved notebook measures the same checkpoints, in a box of its own.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.authoring.notebooks import check_id, exercise_of
from autograder.execution.answers import NoAnswer, read_answers
from autograder.execution.executors import Executor
from autograder.execution.harmless_outputs import plain_text
from autograder.execution.kernel_messages import is_check
from autograder.scoring.expected import solved_of
from autograder.scoring.verdicts import Verdict
from autograder.studies.files import FOLDER
from course_utils.studies.contained_files import is_own
from course_utils.studies.file import FILE, Study, StudyFileError, load_study
from course_utils.studies.findings import FINDINGS, Finding, told
from course_utils.studies.recomputation import (
    NAME,
    NotRecomputable,
    differences,
    recomputation,
    recomputed,
    reported_rows,
    request_text,
    spots,
)

NOT_THERE = f"no study was handed in: the folder {FOLDER}, with {FILE} in it, belongs beside the notebook"


@dataclass(frozen=True)
class HandedInStudy:
    """The study beside a submitted notebook, or why there is none that can be read."""

    folder: Path
    seed: int  # of the checkpoints that are measured anew
    study: Study | None = None
    fault: str = NOT_THERE

    @cached_property
    def request(self) -> dict | str:
        """What the student's kernel is asked to measure anew, or why nothing."""
        if self.study is None:
            return self.fault
        try:
            return recomputation(self.study, spots(self.study, self.seed), self.folder)
        except NotRecomputable as error:
            return str(error)

    def case_files(self) -> dict[str, str]:
        """The request, as a file that the kernel finds beside the cases of the exercises."""
        return {f"{NAME}.json": request_text(self.request)} if isinstance(self.request, dict) else {}

    def judge(self, cell: NotebookNode, notice: str) -> Verdict:
        """The verdict on one finding; `notice` says what befell its cell."""
        name, points = exercise_of(cell.metadata.nbgrader.grade_id), float(cell.metadata.nbgrader.points)
        found = self.finding(name, cell, notice)
        message = plain_text(f"{name}: {found.message}")
        return Verdict(name, bool(found.passed), points if found.passed else 0.0, points, message, found.passed is None)

    def findings_of(self, verdicts: Iterable[Verdict]) -> list[Finding]:
        """The verdicts on the study as findings, in their order, each on one line under a short name."""
        found = [verdict for verdict in verdicts if verdict.exercise in {NAME, *FINDINGS}]
        return [
            Finding(
                verdict.exercise.removeprefix("study_"),
                None if verdict.undecided else verdict.passed,
                "; ".join(verdict.message.removeprefix(f"{verdict.exercise}: ").splitlines()).replace(":;", ":"),
            )
            for verdict in found
        ]

    def finding(self, name: str, cell: NotebookNode, notice: str = "") -> Finding:
        """What is found under a name."""
        if self.study is None:
            return Finding(name, False, self.fault)
        return self._measured_anew(self.study, cell, notice) if name == NAME else FINDINGS[name](self.study)

    def _measured_anew(self, study: Study, cell: NotebookNode, notice: str) -> Finding:
        if isinstance(self.request, str):
            # Of a model that has to be downloaded nobody can demand to be here; a run of one's own has to be handed in.
            return Finding(
                NAME, None if study.kind == "hub" else False, f"nothing could be measured anew: {self.request}"
            )
        steps = self.request["steps"]
        try:
            outcomes = read_answers(cell, NAME, len(steps))
        except NoAnswer as error:
            return Finding(NAME, False, notice or str(error))
        for step, outcome in zip(steps, outcomes, strict=True):
            if not outcome.is_value or not _is_row(outcome.value):
                why = outcome.refusal or f"{outcome.error}: {outcome.message}".strip(": ") or "no numbers by column"
                return Finding(NAME, False, f"the code gives nothing at step {step:,}: {why}")
        return recomputed(study, {step: outcome.value for step, outcome in zip(steps, outcomes, strict=True)})

    def held_against_solved(
        self, verdicts: list[Verdict], name: str, executes: Executor, sandboxed: bool
    ) -> list[Verdict]:
        """The verdicts, that of the recomputation taken back where the solved notebook measures other numbers.

        Only where all exercises pass: who made an honest mistake in a method reports what that method gives.
        """
        exercises = {verdict.exercise for verdict in verdicts} - {NAME, *FINDINGS}
        passed = {verdict.exercise for verdict in verdicts if verdict.passed}
        if self.study is None or not isinstance(self.request, dict) or not {NAME, *exercises} <= passed:
            return verdicts
        found = self._against(_solved_rows(name, self, executes, sandboxed))
        if found.passed:
            return verdicts
        return [self._taken_back(verdict, found) if verdict.exercise == NAME else verdict for verdict in verdicts]

    def _against(self, rows: dict[int, dict[str, float]]) -> Finding:
        steps = self.request["steps"]
        if set(rows) != set(steps):
            return Finding(NAME, None, "the solved notebook gives nothing on these checkpoints; a person has to look")
        if faults := differences(reported_rows(self.study, steps), rows):
            what = "the methods pass their cases, and yet give other numbers on these checkpoints than such methods do"
            return Finding(NAME, False, f"{what}:\n{told(faults)}")
        return Finding(NAME, True, "")

    def _taken_back(self, verdict: Verdict, found: Finding) -> Verdict:
        message = plain_text(f"{NAME}: {found.message}")
        return replace(verdict, passed=False, points=0.0, message=message, undecided=found.passed is None)


def _solved_rows(name: str, study: HandedInStudy, executes: Executor, sandboxed: bool) -> dict[int, dict[str, float]]:
    """What the solved notebook measures at the steps of a request; a step at which it gives nothing is left out."""
    notebook = nbformat.from_dict(solved_of(name))
    notebook.cells = [cell for cell in notebook.cells if not is_check(cell) or cell.id == check_id(NAME)]
    executed = executes(notebook, study.case_files(), sandboxed=sandboxed).notebook
    cell = next(cell for cell in executed.cells if cell.id == check_id(NAME))
    steps = study.request["steps"]
    try:
        outcomes = read_answers(cell, NAME, len(steps))
    except NoAnswer:
        return {}
    return {step: outcome.value for step, outcome in zip(steps, outcomes, strict=True) if outcome.is_value}


def _is_row(value: object) -> bool:
    return type(value) is dict and all(type(key) is str and type(number) is float for key, number in value.items())


def handed_in_study(notebook: Path, nonce: str) -> HandedInStudy:
    """The study that lies beside a submitted notebook."""
    folder = notebook.parent / FOLDER
    seed = int.from_bytes(hashlib.sha256(f"{nonce}/{NAME}".encode()).digest()[:8], "little")
    if not (is_own(folder, notebook.parent) and is_own(folder / FILE, folder)):
        return HandedInStudy(folder, seed)
    try:
        return HandedInStudy(folder, seed, load_study(folder), "")
    except StudyFileError as error:
        return HandedInStudy(folder, seed, fault=str(error))
