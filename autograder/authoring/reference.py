"""What the solved notebook, and each known misconception, gives for the cases of a run.

There is one source of truth: an expected answer is whatever the solved notebook hands out for a case, through the same
kernel, the same check cell and the same reading as a student's answer. Nothing of it is present where a student's code
runs.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.assignments import Assignment, Variant
from autograder.authoring.notebooks import check_id, exercise_ids, solved_notebook
from autograder.authoring.solved_script import without_markers
from autograder.execution.answers import NoAnswer, answer_forms
from autograder.execution.kit_fingerprint import kit_fingerprint, surroundings
from autograder.execution.limits import Limits
from autograder.execution.notebook import execute
from autograder.exercises.cases import RunCases, case_files, public_cases
from autograder.keeping.whole_files import write_whole
from course_utils.checking.public_cases import CaseSet, read_case_set

# What decides, beside an exercise itself, what its cases give: rooms as a whole, and single files of others.
_ENGINE = (
    *("checking", "attention_only/predictors.py", "attention_only/readouts.py", "attention_only/repeated_tokens.py"),
    *("inside/names.py", "inside/readouts.py", "studies/inputs.py", "studies/metrics.py"),
    "texts/tokenised_concepts.py",
)
_LIMITS = Limits(cell_seconds=300, notebook_seconds=1200)


class ReferenceFailed(RuntimeError):
    """The solved notebook gives no answer to one of its own exercises: a fault of the kit, not of a student."""


def reference_forms(assignment: Assignment, cases: dict[str, RunCases], *, sandboxed: bool = True) -> dict[str, dict]:
    """For each exercise the case set in its JSON form: inputs, expected outcomes, and those of each misconception.

    Raises ReferenceFailed where the solved notebook does not answer, or a misconception does not define its function.
    """
    misconceptions = [variant for id in cases for variant in assignment.misconceptions(id)]
    expected, outcomes = outcome_forms(assignment, cases, misconceptions, sandboxed=sandboxed)
    return {id: case_set_form(run, expected[id], outcomes) for id, run in cases.items()}


def case_set_form(run: RunCases, expected: list[dict], outcomes: Mapping[Variant, list[dict]]) -> dict:
    """The JSON form of one exercise's case set, given what was expected and what each misconception gave."""
    id = run.exercise.id
    return {
        "exercise": id,
        "compare": run.exercise.compare.to_json(),
        "cases": list(run.forms),
        "expected": expected,
        "misconceptions": [_misconception_form(v, forms) for v, forms in outcomes.items() if v.exercise == id],
    }


def outcome_forms(
    assignment: Assignment, cases: dict[str, RunCases], variants: list[Variant], *, sandboxed: bool = True
) -> tuple[dict[str, list[dict]], dict[Variant, list[dict]]]:
    """What the solved notebook gives for the cases of each exercise, and what each variant gives, still encoded.

    Raises ReferenceFailed where one of them hands out no answers.
    """
    notebook = _with_variants(solved_notebook(assignment), variants)
    executed = execute(notebook, case_files(cases), limits=_LIMITS, sandboxed=sandboxed).notebook
    cells = {cell.id: cell for cell in executed.cells}
    expected = {id: _outcomes(cells[check_id(id)], run, f"the solved {assignment.name}") for id, run in cases.items()}
    others = {v: _outcomes(cells[_variant_id(v)], cases[v.exercise], str(v.path)) for v in variants}
    return expected, others


def _with_variants(notebook: NotebookNode, variants: list[Variant]) -> NotebookNode:
    """The solved notebook, then each variant with the check of its exercise, the solution put back after each."""
    solved = {cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if "nbgrader" in cell.metadata}
    for variant in variants:
        check = nbformat.v4.new_code_cell(
            f'check("{variant.exercise}", {variant.exercise})',
            id=_variant_id(variant),
            metadata={"nbgrader": {"grade": True, "solution": False, "grade_id": _variant_id(variant)}},
        )
        again = nbformat.v4.new_code_cell(without_markers(solved[variant.exercise]))
        notebook.cells += [nbformat.v4.new_code_cell(variant.source), check, again]
    return notebook


def _variant_id(variant: Variant) -> str:
    return f"check-{hashlib.sha256(str(variant.path).encode()).hexdigest()[:24]}"


def _outcomes(cell: NotebookNode, run: RunCases, whose: str) -> list[dict]:
    try:
        forms = answer_forms(cell, run.exercise.id, len(run.forms))
    except NoAnswer as error:
        raise ReferenceFailed(f"{whose} gives no answer to {run.exercise.id}: {error}") from error
    return [{key: form[key] for key in form if key != "where"} for form in forms]


def _misconception_form(variant: Variant, outcomes: list[dict]) -> dict:
    return {"name": variant.name, "cause": variant.cause, "hint": variant.hint, "outcomes": outcomes}


def reference(
    assignment: Assignment, cases: dict[str, RunCases], *, sandboxed: bool = True, keep: Path | None = None
) -> dict[str, CaseSet]:
    """For each exercise the case set that its answers are scored against.

    With a file to `keep` them in, they are worked out once for the same cases, sources and packages.
    """
    made_from = _made_from(assignment, cases)
    kept = json.loads(keep.read_text(encoding="utf-8")) if keep and keep.is_file() else {}
    if kept.get("made_from") != made_from:
        kept = {"made_from": made_from, "forms": reference_forms(assignment, cases, sandboxed=sandboxed)}
        if keep:
            write_whole(keep, json.dumps(kept))
    return {id: read_case_set(form) for id, form in kept["forms"].items()}


def _made_from(assignment: Assignment, cases: dict[str, RunCases]) -> str:
    """A hash of all that the answers of the solved notebook and of its misconceptions depend on."""
    texts = [assignment.script.read_text(encoding="utf-8"), kit_fingerprint(), *surroundings()]
    for id, run in cases.items():
        texts += [id, json.dumps(run.forms), json.dumps(run.exercise.compare.to_json())]
        texts += [f"{variant.path}\0{variant.source}" for variant in assignment.misconceptions(id)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def sources_digest(assignment: Assignment, exercise: str) -> str:
    """A hash of all that the public cases of an exercise are made from, to tell when they are stale."""
    folder = assignment.root / "course_utils"
    code = [cell.source for cell in solved_notebook(assignment).cells if _counts(cell)]
    texts = [*code, assignment.cases_module.read_text(encoding="utf-8")]
    texts += [variant.source for variant in assignment.misconceptions(exercise)]
    texts += [path.read_text(encoding="utf-8") for place in _ENGINE for path in _modules(folder / place)]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


def _modules(place: Path) -> list[Path]:
    """A file, or every module of a folder; none where a repository made for a test lacks it."""
    return sorted(place.rglob("*.py")) if place.is_dir() else [path for path in [place] if path.is_file()]


def _counts(cell: NotebookNode) -> bool:
    return cell.cell_type == "code" and "experiment" not in cell.metadata.get("tags", [])


def write_public_cases(assignment: Assignment) -> list[Path]:
    """Write the public cases of every exercise of an assignment, by running its solved notebook on them."""
    exercises = exercise_ids(solved_notebook(assignment))
    # The solved notebook is ours, so it needs no sandbox, and an author on any system can build.
    forms = reference_forms(assignment, public_cases(assignment.name, exercises), sandboxed=False)
    return [_write_form(assignment, id, form) for id, form in forms.items()]


def _write_form(assignment: Assignment, exercise: str, form: dict) -> Path:
    path = assignment.public_cases(exercise)
    path.parent.mkdir(parents=True, exist_ok=True)
    stamped = {"made_from": sources_digest(assignment, exercise), **form}
    path.write_text(json.dumps(stamped, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def stale_public_cases(assignment: Assignment) -> list[str]:
    """For each exercise whose public cases are missing or made from something else, which file and what to do."""
    problems = []
    for exercise in exercise_ids(solved_notebook(assignment)):
        path = assignment.public_cases(exercise)
        shown = path.relative_to(assignment.root)
        if not path.is_file():
            problems.append(f"{shown}:1: missing; run `python -m autograder build`")
        elif json.loads(path.read_text(encoding="utf-8")).get("made_from") != sources_digest(assignment, exercise):
            problems.append(f"{shown}:2: made from other sources than there are now; run `python -m autograder build`")
    return problems
