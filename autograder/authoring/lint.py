"""What a solved script, and what stands beside it, may look like; each rule is one function, and says what to do.

A misspelt marker is a silent trap: nbgrader blanks a whole cell for one of them and ships an answer for another.
So every line that looks like a marker must be one, letter for letter, and much else is refused that would only show
when a class is graded.
"""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import nbformat
from rapidfuzz import fuzz

from autograder.assignments import ROOT, Variant, all_assignments
from autograder.authoring.solved_script import MARKERS, PAIRS, ScriptCell, SolvedScript, solution_lines

MIN_HINTS = 3
MIN_MISCONCEPTIONS = 4
MIN_ALTERNATIVES = 2
MIN_TELLING_LINE = 16  # shorter solution lines, such as "return total", may well stand elsewhere by chance
_SNAKE_CASE = re.compile(r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$")
_FINDING_CELL = re.compile(r'check_study\("[a-z_]+"(, \w+)?\)')
_LOOKS_LIKE_MARKER = 80  # similarity in percent from which a line counts as an attempt at a marker
_KNOWN_HEADERS = {
    *("exercise", "check", "finding", "written", "points", "tags"),
    *("lines_to_next_cell", "lines_to_end_of_cell_marker"),
}


@dataclass(frozen=True)
class Problem:
    """One thing that is refused, where it stands, and what to do."""

    path: Path
    line: int
    message: str

    def relative_to(self, root: Path) -> str:
        return f"{self.path.relative_to(root)}:{self.line}: {self.message}"


Rule = Callable[[SolvedScript], Iterator[Problem]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    RULES.append(function)
    return function


def lint(root: Path = ROOT) -> list[Problem]:
    """All problems of all assignments of a repository, in order."""
    scripts = [SolvedScript(assignment) for assignment in all_assignments(root)]
    found = [problem for script in scripts for check in RULES for problem in check(script)]
    found += shared_ids(scripts)
    return sorted(set(found), key=lambda problem: (str(problem.path), problem.line, problem.message))


def _at(script: SolvedScript, line: int, message: str) -> Problem:
    return Problem(script.assignment.script, line, message)


@rule
def misspelt_markers(script: SolvedScript) -> Iterator[Problem]:
    """A line that looks like a marker, or holds one that nbgrader would act on, but is not one letter for letter."""
    for cell in script.cells:
        for number, line in cell.numbered_lines:
            if line.strip() in MARKERS or not _looks_like_marker(line):
                continue
            nearest = max(MARKERS, key=lambda marker: _likeness(line, marker))
            yield _at(script, number, f"{line.strip()!r} looks like a marker; write {nearest!r} or say it differently")


def _looks_like_marker(line: str) -> bool:
    said = _said(line)
    shouted = re.match(r"\s*#+\s*(BEGIN|END)\b", line) is not None
    return shouted or any(marker[4:] in said or _likeness(line, marker) >= _LOOKS_LIKE_MARKER for marker in MARKERS)


def _likeness(line: str, marker: str) -> float:
    return fuzz.ratio(_said(line), _said(marker))


def _said(line: str) -> str:
    return re.sub(r"[#\s_-]+", " ", line).strip().upper()


@rule
def unbalanced_markers(script: SolvedScript) -> Iterator[Problem]:
    """A region that is opened inside another, closed without being open, or never closed in its cell."""
    for cell in script.cells:
        open_marker, opened_at = "", 0
        for number, line in cell.numbered_lines:
            marker = line.strip()
            if marker in PAIRS and open_marker:
                yield _at(
                    script, number, f"{marker!r} inside the region that line {opened_at} opens: regions cannot nest"
                )
            if marker in PAIRS:
                open_marker, opened_at = marker, number
            elif marker in PAIRS.values():
                if PAIRS.get(open_marker) != marker:
                    yield _at(script, number, f"{marker!r} closes no region of this cell")
                open_marker = ""
        if open_marker:
            yield _at(
                script, opened_at, f"{open_marker!r} is never closed: write {PAIRS[open_marker]!r} in the same cell"
            )


@rule
def headers(script: SolvedScript) -> Iterator[Problem]:
    """Unknown words in a header, ill-formed ids, points that are missing or not above zero."""
    for cell in script.cells:
        for word in sorted(set(cell.metadata) - _KNOWN_HEADERS):
            yield _at(
                script,
                cell.line,
                f"unknown word {word!r} in a cell header; known are exercise, check, finding, written, points, tags",
            )
        if cell.role and not _SNAKE_CASE.match(cell.id):
            yield _at(script, cell.line, f"{cell.role} id {cell.id!r}: write the quantity's name in snake case")
        points = cell.metadata.get("points")
        if cell.role in ("check", "finding", "written") and (type(points) not in (int, float) or points <= 0):
            yield _at(script, cell.line, f"{cell.role} {cell.id!r} needs points above zero, as in points=3")
        if cell.role and (cell.kind == "markdown") != (cell.role == "written"):
            yield _at(
                script, cell.line, f"{cell.role} {cell.id!r}: written answers are markdown cells, the others code cells"
            )


@rule
def exercises_have_all_parts(script: SolvedScript) -> Iterator[Problem]:
    """An exercise without its function, a solution region, a check, hints, misconceptions or alternatives."""
    checks = {cell.id for cell in script.with_role("check")}
    for cell in script.with_role("exercise"):
        for missing in _missing_parts(script, cell, checks):
            yield _at(script, cell.line, f"exercise {cell.id!r} {missing}")


def _missing_parts(script: SolvedScript, cell: ScriptCell, checks: set[str]) -> Iterator[str]:
    assignment = script.assignment
    if cell.id not in checks:
        yield f'has no check: write a cell # %% check="{cell.id}" points=...'
    if not solution_lines(cell):
        yield "has no solution region: put ### BEGIN SOLUTION and ### END SOLUTION around what students write"
    if f"def {cell.id}(" not in cell.source:
        yield f"does not define the function {cell.id}"
    hints = script.text_before(cell).count("<summary>Hint")
    if hints < MIN_HINTS:
        yield f"has {hints} hints in <details> above it; {MIN_HINTS} are needed: the idea, the interface, the shapes"
    mutants = len(assignment.misconceptions(cell.id))
    if mutants < MIN_MISCONCEPTIONS:
        where = f"solutions/misconceptions/{assignment.name}/{cell.id}/"
        yield f"has {mutants} misconceptions in {where}; {MIN_MISCONCEPTIONS} are needed, which its check must kill"
    others = len(assignment.alternatives(cell.id))
    if others < MIN_ALTERNATIVES:
        where = f"solutions/alternatives/{assignment.name}/{cell.id}/"
        yield f"has {others} alternatives in {where}; {MIN_ALTERNATIVES} are needed, which must pass"


@rule
def checks_have_exercises(script: SolvedScript) -> Iterator[Problem]:
    """A check whose exercise is not there, or stands below it."""
    seen: set[str] = set()
    for cell in script.cells:
        if cell.role == "exercise":
            seen.add(cell.id)
        if cell.role == "check" and cell.id not in seen:
            yield _at(script, cell.line, f"check {cell.id!r} has no exercise of that id above it")


@rule
def test_cells(script: SolvedScript) -> Iterator[Problem]:
    """A test cell that is more than its one line: a last expression is read as points, stderr as a failure."""
    for cell in script.with_role("check"):
        wanted = f'check("{cell.id}", {cell.id})'
        if cell.source.strip() == wanted:
            continue
        yield _at(script, cell.line + 1, f"{_fault_of_test_cell(cell.source)}; write the one line {wanted}")
    for cell in script.with_role("finding"):
        if cell.id not in _findings():
            yield _at(script, cell.line, f"there is no finding {cell.id!r}: they are {', '.join(_findings())}")
        if not _FINDING_CELL.fullmatch(cell.source.strip()) or f'"{cell.id}"' not in cell.source:
            yield _at(
                script,
                cell.line + 1,
                f'a finding is the one line check_study("{cell.id}"), with the methods or without',
            )


@cache
def _findings() -> tuple[str, ...]:
    from course_utils.studies.findings import FINDINGS  # scipy takes a moment, and most scripts have no finding
    from course_utils.studies.recomputation import NAME

    return (*FINDINGS, NAME)


def _fault_of_test_cell(source: str) -> str:
    if "stderr" in source or "warn" in source:
        return "a test cell that writes to stderr counts as failed in nbgrader, however right the answer"
    try:
        statements = ast.parse(source).body
    except SyntaxError as error:
        return f"this test cell does not parse ({error.msg})"
    calls_check = [ast.unparse(statement).startswith("check(") for statement in statements]
    if statements and isinstance(statements[-1], ast.Expr) and not calls_check[-1]:
        return "the bare last expression of a test cell is read by nbgrader as points"
    return "a test cell holds its check and nothing else"


@rule
def written_answers(script: SolvedScript) -> Iterator[Problem]:
    """A written answer without a model answer or without a marking scheme."""
    for cell in script.with_role("written"):
        for begin, what in zip(PAIRS, ("a model answer", "a marking scheme"), strict=True):
            if begin not in cell.source:
                yield _at(script, cell.line, f"written {cell.id!r} needs {what} between {begin!r} and {PAIRS[begin]!r}")


@rule
def solutions_that_survive(script: SolvedScript) -> Iterator[Problem]:
    """A line of a solution region that students can read in their notebook."""
    if not script.assignment.notebook.is_file():
        return
    shown = _lines_of_notebook(script.assignment.notebook)
    for cell in script.with_role("exercise"):
        for number, line in solution_lines(cell):
            if len(line.strip()) >= MIN_TELLING_LINE and line.strip() in shown:
                where = script.assignment.notebook.relative_to(script.assignment.root)
                yield _at(script, number, f"this line of a solution stands in {where}: {line.strip()!r}")


def _lines_of_notebook(path: Path) -> set[str]:
    notebook = nbformat.read(path, as_version=4)
    return {line.strip() for cell in notebook.cells if cell.cell_type == "code" for line in cell.source.splitlines()}


@rule
def answers_in_course_utils(script: SolvedScript) -> Iterator[Problem]:
    """A name that an exercise asks for, defined in the package that students import."""
    asked = {cell.id for cell in script.with_role("exercise")}
    for path in sorted((script.assignment.root / "course_utils").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for name in _defined_names(node):
                if name in asked:
                    yield Problem(path, node.lineno, f"course_utils defines {name!r}, which an exercise asks for")


def _defined_names(node: ast.AST) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return []


@rule
def variants(script: SolvedScript) -> Iterator[Problem]:
    """A misconception or an alternative that does not parse, lacks its docstring, its function, or its exercise."""
    assignment = script.assignment
    asked = {cell.id for cell in script.with_role("exercise")}
    for kind in ("misconceptions", "alternatives"):
        folder = assignment.root / "solutions" / kind / assignment.name
        for path in sorted(folder.glob("*/*.py")):
            yield from _faults_of_variant(Variant(path.parent.name, path), asked)


def _faults_of_variant(variant: Variant, asked: set[str]) -> Iterator[Problem]:
    try:
        module = ast.parse(variant.source)
    except SyntaxError as error:
        yield Problem(variant.path, error.lineno or 1, f"does not parse: {error.msg}")
        return
    if variant.exercise not in asked:
        yield Problem(variant.path, 1, f"no exercise is called {variant.exercise!r}")
    if not ast.get_docstring(module):
        yield Problem(
            variant.path, 1, "needs a docstring: what went wrong, said to a student, or in what way this is right too"
        )
    if not any(isinstance(node, ast.FunctionDef) and node.name == variant.exercise for node in module.body):
        yield Problem(variant.path, 1, f"does not define the function {variant.exercise}")


@rule
def cases_are_drawn(script: SolvedScript) -> Iterator[Problem]:
    """An exercise for which the grader does not know how to draw cases."""
    path = script.assignment.cases_module
    known = path.read_text(encoding="utf-8") if path.is_file() else ""
    for cell in script.with_role("exercise"):
        if f'@exercise("{cell.id}"' not in known.replace("\n", "").replace("(    ", "("):
            yield _at(
                script, cell.line, f'autograder/exercises/{script.assignment.name}.py has no @exercise("{cell.id}")'
            )


def shared_ids(scripts: list[SolvedScript]) -> Iterator[Problem]:
    """Ids that stand twice in the course: check("id", ...) finds its cases by the id alone."""
    seen: dict[tuple[str, str], str] = {}
    for script in scripts:
        for cell in script.cells:
            key = ("check" if cell.role in ("check", "finding") else "answer", cell.id)
            if cell.role and key in seen:
                yield _at(script, cell.line, f"{cell.role} id {cell.id!r} stands already at {seen[key]}")
            elif cell.role:
                seen[key] = f"{script.assignment.script.name}:{cell.line}"
