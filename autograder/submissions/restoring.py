"""A submission -> the student's answers in a fresh copy of the release; static, nothing is run.

The release's own cells are used for everything that is not the student's to change: instructions, given code, checks. An
answer is looked for by its id, then by the function that it defines, then by likeness. Cells that the student added stay
where they were, without a grade. Whatever had to be put in order is said in one sentence each, so that a person can look.
"""

import hashlib
import re
from collections import defaultdict
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from rapidfuzz import fuzz

from autograder.execution.harmless_outputs import plain_text

STUDENT = "student"  # the tag of cells that are not in the release
_EXPERIMENT = "experiment"
_ALIKE = 75  # similarity in percent from which a text counts as another version of a text of the release
_INSTALL = re.compile(r"^(\s*)([%!]\s*(?:pip|conda|mamba)\b.*)$", re.MULTILINE)
_WRITE_HERE = re.compile(
    r"\n\*Write your answer here\.\*\s*$"
)  # the stub of written answers (autograder.authoring.notebooks)
_CHECK_LINE = re.compile(r'\s*check\(\s*["\']\w+["\']\s*,\s*\w+\s*\)\s*')


@dataclass(frozen=True)
class Restoration:
    """A notebook that can be graded, and what had to be put in order, a sentence each; none for an orderly submission."""

    notebook: NotebookNode
    repairs: tuple[str, ...]


def restore(submission: NotebookNode, release: NotebookNode) -> Restoration:
    """Put the student's answers into a fresh copy of the release. Changes neither of its arguments, and raises nothing."""
    return _Restorer(submission, release).restoration()


@dataclass
class _Restorer:
    submission: NotebookNode
    release: NotebookNode
    repairs: list[str] = field(default_factory=list)
    # Which release cell each of the student's cells belongs to, by position; None for the student's own.
    owner: dict[int, int | None] = field(default_factory=dict)
    answers: dict[int, str] = field(default_factory=dict)
    # The student's version of a given cell, by the position of the release's own.
    edited: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.theirs, self.ours = self.submission.cells, self.release.cells

    def restoration(self) -> Restoration:
        self._assign_by_id()
        self._assign_by_text()
        for index, cell in enumerate(self.ours):
            if _is_answer(cell):
                self._find_answer(index)
            elif _is_check(cell):
                self._look_at_check(index)
        self._look_at_given_cells()
        return Restoration(self._assemble(), tuple(dict.fromkeys(map(plain_text, self.repairs))))

    # Which of their cells is which of ours.

    def _assign_by_id(self) -> None:
        places = {}
        for index, cell in enumerate(self.ours):
            places[cell.id] = index
            places[_grade_id(cell) or cell.id] = index
        for position, cell in enumerate(self.theirs):
            id = _grade_id(cell) or cell.id
            self.owner[position] = places.get(id, places.get(cell.id))

    def _assign_by_text(self) -> None:
        """Cells that lost their ids: the same text first, then the same function, then a similar text, each cell once."""
        for same in (_same_text, _same_function, _similar):
            for index, ours in enumerate(self.ours):
                if index in self.owner.values():
                    continue
                found = [p for p, cell in enumerate(self.theirs) if self.owner[p] is None and same(cell, ours)]
                if found:
                    self.owner[found[0]] = index
        self._assign_by_place()

    def _assign_by_place(self) -> None:
        """Answers that are like nothing in the release, as many as there between the same two neighbours, in order."""
        for run in self._runs_of_missing_answers():
            start = max(self._cells_of(run[0] - 1), default=-1 if run[0] == 0 else None)
            end = min(self._cells_of(run[-1] + 1), default=None)
            if run[-1] == len(self.ours) - 1:
                end = len(self.theirs)
            if start is None or end is None:
                continue
            between = [p for p in range(start + 1, end) if self.owner[p] is None]
            if [self.theirs[p].cell_type for p in between] == [self.ours[i].cell_type for i in run]:
                self.owner.update(zip(between, run, strict=True))

    def _runs_of_missing_answers(self) -> list[list[int]]:
        """The release's answer cells of which nothing was found, those next to each other together."""
        runs: list[list[int]] = []
        for index, ours in enumerate(self.ours):
            if not _is_answer(ours) or self._cells_of(index):
                continue
            if runs and runs[-1][-1] == index - 1:
                runs[-1].append(index)
            else:
                runs.append([index])
        return runs

    def _cells_of(self, index: int) -> list[int]:
        return [position for position, owner in self.owner.items() if owner == index]

    # The answers.

    def _find_answer(self, index: int) -> None:
        ours, name = self.ours[index], _grade_id(self.ours[index])
        own = self._cells_of(index)
        changed = [position for position in own if not _same_text(self.theirs[position], ours)]
        changed = [position for position in changed if not _is_stub(self.theirs[position].source)] or changed
        if len(changed) > 1:
            self.repairs.append(
                f"The answer cell of {name} stood there {len(own)} times with different texts; the last one counts."
            )
        elif len(own) > 1:
            self.repairs.append(f"The answer cell of {name} stood there {len(own)} times.")
        if not own:
            self.repairs.append(f"The answer cell of {name} was missing.")
        text = self.theirs[changed[-1]].source if changed else ours.source
        if changed and self.theirs[changed[-1]].cell_type != ours.cell_type:
            self.repairs.append(f"The answer cell of {name} had become a {self.theirs[changed[-1]].cell_type} cell.")
        if ours.cell_type == "code" and (not changed or not _defines(text, name)):
            text = self._answer_elsewhere(index, name, text if changed else "") or text
        self.answers[index] = text

    def _answer_elsewhere(self, index: int, name: str, begun: str) -> str:
        """An answer that stands in a cell of the student's own, or in the cell of another exercise."""
        merged = next((i for i, text in self.answers.items() if _defines(text, name)), None)
        if merged is not None:
            self.repairs.append(f"The answer to {name} stood in the cell of {_grade_id(self.ours[merged])}.")
            return f"# {name} is defined in the cell of {_grade_id(self.ours[merged])}."
        for position in reversed(range(len(self.theirs))):
            owner, cell = self.owner[position], self.theirs[position]
            foreign = owner is None or (_is_answer(self.ours[owner]) and owner != index)
            if (
                foreign
                and _defines(cell.source, name)
                and not (owner is None and self._is_in_place(position, index, begun))
            ):
                return self._take(position, owner, name, begun)
        return ""

    def _is_in_place(self, position: int, index: int, begun: str) -> bool:
        """Whether a cell of the student's own takes effect where it stands: after the answer cell, before its check."""
        own = self._cells_of(index)
        check = [p for p, owner in self.owner.items() if owner == index + 1]
        return bool(begun and own and check) and max(own) < position < min(check)

    def _take(self, position: int, owner: int | None, name: str, begun: str) -> str:
        text = self.theirs[position].source
        if owner is None:
            del self.owner[position]
            self.repairs.append(f"The answer to {name} stood in another cell than its own.")
            return f"{begun}\n\n\n{text}" if begun else text
        self.repairs.append(f"The answer to {name} stood in the cell of {_grade_id(self.ours[owner])}.")
        return f"{begun}\n\n\n{text}" if begun else text

    # Checks and given cells.

    def _look_at_check(self, index: int) -> None:
        own, name = self._cells_of(index), _grade_id(self.ours[index]).removeprefix("check-")
        if not own:
            self.repairs.append(f"The check of {name} was missing; the release's own was used.")
        elif len(own) > 1:
            self.repairs.append(f"The check of {name} stood there {len(own)} times; the release's own was used, once.")
        elif not _same_text(self.theirs[own[0]], self.ours[index]):
            self.repairs.append(f"The check of {name} had been changed; the release's own was used.")

    def _look_at_given_cells(self) -> None:
        """Given code that the student edited runs too, after the release's own, as an answer may rely on it."""
        for index, ours in enumerate(self.ours):
            if "nbgrader" in ours.metadata or ours.cell_type != "code":
                continue
            changed = [p for p in self._cells_of(index) if not _same_text(self.theirs[p], ours)]
            if changed:
                self.edited[index] = changed[-1]

    # The result.

    def _assemble(self) -> NotebookNode:
        notebook, following = nbformat.from_dict(self.release), self._own_cells()
        cells = [self._own_cell(text, kind) for text, kind in following[-1]]
        for index, ours in enumerate(notebook.cells):
            cells += self._restored(index, ours)
            cells += [self._own_cell(text, kind) for text, kind in following[index]]
        taken: dict[str, int] = defaultdict(int)
        for cell in cells:
            if STUDENT in cell.metadata.get("tags", []):
                taken[cell.id] += 1
                cell.id += f"-{taken[cell.id]}" if taken[cell.id] > 1 else ""
        notebook.cells = cells
        return notebook

    def _restored(self, index: int, ours: NotebookNode) -> list[NotebookNode]:
        if index in self.answers:
            ours.source = self._runnable(self.answers[index]) if ours.cell_type == "code" else self.answers[index]
        if index not in self.edited:
            return [ours]
        theirs = self._own_cell(self.theirs[self.edited[index]].source, "code")
        if _EXPERIMENT in ours.metadata.get("tags", []):
            theirs.metadata.tags.append(_EXPERIMENT)
            return [theirs]
        return [ours, theirs]

    def _own_cells(self) -> dict[int, list[tuple[str, str]]]:
        """The student's own cells, by the release cell that they followed; -1 for the beginning."""
        following: dict[int, list[tuple[str, str]]] = defaultdict(list)
        last = -1
        for position, cell in enumerate(self.theirs):
            if position not in self.owner:
                continue
            if self.owner[position] is not None:
                last = self.owner[position]
            elif cell.source.strip() and not _CHECK_LINE.fullmatch(cell.source):
                following[last].append((cell.source, cell.cell_type))
        return following

    def _own_cell(self, text: str, kind: str) -> NotebookNode:
        make = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
        id = f"{STUDENT}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
        return make(self._runnable(text) if kind == "code" else text, id=id, metadata={"tags": [STUDENT]})

    def _runnable(self, text: str) -> str:
        """Without lines that install packages, which cannot work where grading happens."""
        without = _INSTALL.sub(r"\1pass  # left out when graded: \2", text)
        if without != text:
            self.repairs.append(
                "A line that installs packages was left out: when graded, only the course's packages are there."
            )
        return without


def _grade_id(cell: NotebookNode) -> str:
    return cell.metadata.get("grade_id") or cell.metadata.get("nbgrader", {}).get("grade_id", "")


def _is_answer(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def _is_check(cell: NotebookNode) -> bool:
    return bool(cell.metadata.get("nbgrader", {}).get("grade")) and not _is_answer(cell)


def _normal(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _same_text(theirs: NotebookNode, ours: NotebookNode) -> bool:
    return theirs.cell_type == ours.cell_type and _normal(theirs.source) == _normal(ours.source)


def _same_function(theirs: NotebookNode, ours: NotebookNode) -> bool:
    return _is_answer(ours) and ours.cell_type == "code" and _defines(theirs.source, _grade_id(ours))


def _similar(theirs: NotebookNode, ours: NotebookNode) -> bool:
    if theirs.cell_type != ours.cell_type or _is_check(ours):
        return False
    if _is_answer(ours) and ours.cell_type == "markdown":  # the question is left standing, and the answer may be long
        return fuzz.partial_ratio(theirs.source, _WRITE_HERE.sub("", ours.source)) >= _ALIKE
    return fuzz.ratio(theirs.source, ours.source) >= _ALIKE


def _is_stub(text: str) -> bool:
    return "raise NotImplementedError(" in text and "replace this line with your code" in text


def _defines(text: str, name: str) -> bool:
    """Whether a text defines a function or assigns a name at its top level, and has more to it than the stub."""
    if _is_stub(text):
        return False
    return (
        re.search(rf"^(?:async\s+)?def\s+{re.escape(name)}\s*\(|^{re.escape(name)}\s*=[^=]", text, re.MULTILINE)
        is not None
    )
