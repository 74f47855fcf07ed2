"""The study that was handed in beside a notebook -> verdicts on the findings about it, decided outside every kernel.

A study is a file of numbers (`course_utils.studies`), so most findings need no code of the student's. One does: are the numbers
those that the code gives? For it the student's kernel measures a few checkpoints anew, chosen by the run's nonce, with the
student's own functions, and hands out what came; here it is compared with what was reported. Checkpoints of a run of the
student's own go into the box as data, with the request.

Nothing of a study is believed: it is read under limits, no link is followed, and what it says of itself decides only what it is
compared with.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from nbformat import NotebookNode

from autograder.answers import NoAnswer, read_answers
from autograder.build import exercise_of
from autograder.outputs import plain_text
from autograder.score import Verdict
from course_utils.studies import FILE, RUN, Study, StudyFileError, load_study
from course_utils.study_findings import FINDINGS, Finding
from course_utils.study_recomputation import (
    NAME,
    NotRecomputable,
    is_own,
    recomputation,
    recomputed,
    request_text,
    spots,
)

FOLDER = "study"
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
        rows = {}
        for step, outcome in zip(steps, outcomes, strict=True):
            if not outcome.is_value or not _is_row(outcome.value):
                why = outcome.refusal or f"{outcome.error}: {outcome.message}".strip(": ") or "no numbers by column"
                return Finding(NAME, False, f"the code gives nothing at step {step:,}: {why}")
            rows[step] = outcome.value
        return recomputed(study, rows)


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


def study_bytes(notebook: Path) -> bytes:
    """A hash of all files of the study beside a notebook, to tell whether it changed; nothing where there is none."""
    folder = notebook.parent / FOLDER
    names: Mapping[str, Path] = {
        str(path.relative_to(folder)): path
        for path in (folder / FILE, *sorted((folder / RUN).glob("*")), *sorted((folder / RUN).glob("*/*")))
        if path.is_file() and is_own(path, notebook.parent)
    }
    digest = hashlib.sha256()
    for name, path in names.items():
        digest.update(f"{name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.digest() if names else b""
