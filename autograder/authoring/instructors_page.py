"""The part of INSTRUCTORS.md that is written from the solved scripts: points, rubrics, and typical misconceptions.

A list that is copied by hand is true on the day it is copied. So `python -m autograder build` writes this part between two
markers, from the same files that the checks and the feedback use, and `build --check` says when it is stale.
"""

import re
from pathlib import Path

from autograder.assignments import ROOT, Assignment, Variant
from autograder.authoring.marking import region
from autograder.authoring.solved_script import (
    BEGIN_MARK_SCHEME,
    BEGIN_SOLUTION,
    END_MARK_SCHEME,
    ScriptCell,
    SolvedScript,
)
from autograder.keeping.whole_files import write_whole

BEGIN, END = "<!-- exercises: begin -->", "<!-- exercises: end -->"
_HEADING = re.compile(r"^### (.+)$", re.MULTILINE)


def page_path(root: Path = ROOT) -> Path:
    """Where the instructors' page lies in a repository."""
    return root / "autograder" / "INSTRUCTORS.md"


def write_section(assignments: list[Assignment], root: Path = ROOT) -> bool:
    """Put the section of these assignments into the page; returns whether that changed it. Raises as `with_section`."""
    path = page_path(root)
    page = path.read_text(encoding="utf-8")
    wanted = with_section(page, assignments)
    if wanted != page:
        write_whole(path, wanted)
    return wanted != page


def stale_section(assignments: list[Assignment], root: Path = ROOT) -> list[str]:
    """What to print where the page's section is not what the solved scripts give: one line, or none."""
    path = page_path(root)
    page = path.read_text(encoding="utf-8")
    if with_section(page, assignments) == page:
        return []
    line = 1 + page[: page.index(BEGIN)].count("\n")
    return [f"{path.relative_to(root)}:{line}: the exercises are not those of the solved scripts; run build"]


def with_section(page: str, assignments: list[Assignment]) -> str:
    """The page with the section of these assignments between its markers; raises ValueError for a page without them."""
    if page.count(BEGIN) != 1 or page.count(END) != 1 or page.index(BEGIN) > page.index(END):
        raise ValueError(f"INSTRUCTORS.md: expected the lines {BEGIN} and {END}, once each and in this order")
    section = "\n\n".join(_of_assignment(SolvedScript(assignment)) for assignment in assignments)
    return f"{page[: page.index(BEGIN)]}{BEGIN}\n\n{section}\n\n{page[page.index(END) :]}"


def _of_assignment(script: SolvedScript) -> str:
    checks, findings, written = (script.with_role(role) for role in ("check", "finding", "written"))
    by_machine, by_hand = (_points(cells) for cells in ([*checks, *findings], written))
    points = {cell.id: cell.metadata["points"] for cell in checks}
    exercises = script.with_role("exercise")
    parts = [
        f"### `{script.assignment.name}`: {by_machine + by_hand:g} points",
        f"{len(exercises)} exercises, {_points(checks):g} points, graded by machine; {_of_findings(findings)}"
        f"{len(written)} written answers, {by_hand:g} points, graded by hand.",
        *(_of_exercise(script, cell, points[cell.id]) for cell in exercises),
        *(_of_written(cell) for cell in written),
    ]
    return "\n\n".join(parts)


def _points(cells: list[ScriptCell]) -> float:
    return sum(cell.metadata["points"] for cell in cells)


def _of_findings(findings: list[ScriptCell]) -> str:
    """What is said of findings about a study, where there are any."""
    if not findings:
        return ""
    each = ", ".join(f"`{cell.id}` {cell.metadata['points']:g}" for cell in findings)
    return f"{len(findings)} findings about the study, {_points(findings):g} points, by machine too ({each}); "


def _of_exercise(script: SolvedScript, cell: ScriptCell, points: float) -> str:
    headings = _HEADING.findall(script.text_before(cell))
    title = f"**{headings[-1] if headings else cell.id}** (`{cell.id}`, {points:g} points)"
    return "\n".join([title, "", *map(_of_misconception, script.assignment.misconceptions(cell.id))])


def _of_misconception(variant: Variant) -> str:
    hint = f" ({variant.hint})" if variant.hint else ""
    return f"- *{variant.name.replace('_', ' ')}*: {variant.cause}{hint}"


def _of_written(cell: ScriptCell) -> str:
    question = cell.source.partition(BEGIN_SOLUTION)[0].replace("**Question.**", "").strip()
    scheme = region(cell.source, BEGIN_MARK_SCHEME, END_MARK_SCHEME)
    title = f"**Written: {cell.id.replace('_', ' ')}** (`{cell.id}`, {cell.metadata['points']:g} points)"
    return "\n\n".join([title, "\n".join(f"> {line}".rstrip() for line in question.splitlines()), scheme])
