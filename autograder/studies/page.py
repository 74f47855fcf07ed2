"""One page for the person who grades a study by hand: what was found by machine, and what is left to judge.

    write_study_page(study, "", findings, "ada", path=course.root / "studies" / "ada.html", total=31, max_score=40)

Nothing of the student's is run, and no picture or HTML of theirs is shown: figures are drawn anew from the numbers of the
parsed `Study`, and texts are escaped. The page is for the grader, not for the student.

Pitfall: "recomputed" is the verdict on the *reported* numbers. Whether the student's code gives these numbers is a finding.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from urllib.parse import quote

import jinja2

from autograder.execution.harmless_outputs import plain_text
from autograder.keeping.whole_files import write_whole
from autograder.scoring.statuses import EXPLANATIONS
from autograder.studies.comparison import compared
from autograder.studies.drawing import MOST_STEPS, described, drawn, why_not_described
from course_utils.studies.file import APPROACHES, Study
from course_utils.studies.findings import Finding
from course_utils.studies.report.html import page_environment
from course_utils.studies.report.tables import examples, missing_rows, unmeasured_metrics
from course_utils.transitions import Transition

MAX_TEXT, MAX_NAME = 700, 90  # characters of one text, and of one name, that the page shows
MAX_ROWS, MISSING_SHOWN = 24, 5  # of tables whose length a student decides
_STATES = {False: "not passed", None: "to decide", True: "passed"}  # in the order of the page


def write_study_page(
    study: Study | None,
    why_none: str,
    findings: Sequence[Finding],
    student: str,
    *,
    path: Path,
    assignment: str = "milestone",
    status: str = "graded",
    notes: Sequence[str] = (),
    total: float | None = None,
    max_score: float = 0.0,
    transitions: Mapping[str, Transition] | None = None,
    formgrader: str = "",
) -> Path:
    """Write the page of one student's study, whole or not at all, and return its path.

    `study` None: there is none, and `why_none` says why. `total` None: no points yet. `transitions` are those of the study's
    table where they are known already (`drawing.described`). `formgrader` is the address of the Jupyter server, for a
    link to the written answers.
    Raises ValueError for an address that is none of http or https, KeyError for an unknown status, OSError where the file
    cannot be written.
    """
    page = _environment().get_template("study_page.html.j2").render(
        student=student,
        assignment=assignment,
        status=status,
        explanation=EXPLANATIONS[status],
        notes=notes,
        total=total,
        max_score=max_score,
        findings=sorted(findings, key=lambda finding: list(_STATES).index(finding.passed)),
        counts=_counts(findings),
        states=_STATES,
        study=study,
        why_none=why_none,
        written=_written_answers(formgrader, student, assignment),
        **({} if study is None else _of_study(study, transitions)),
    )  # fmt: skip
    write_whole(path, page)
    return path


def _of_study(study: Study, transitions: Mapping[str, Transition] | None) -> dict:
    """All that a page shows of a study."""
    found = described(study) if transitions is None else transitions
    missing = missing_rows(study) if len(study.table) <= MOST_STEPS else []
    rows = compared(study.reported, found)[:MAX_ROWS]
    return {
        "approach": APPROACHES[study.approach],
        "figure": drawn(study, found),
        "why_not_described": why_not_described(study),
        "compared": rows,
        "other_claims": [name for name in study.claims if name not in {row.metric for row in rows}][:MAX_ROWS],
        "argued": [name for name in study.arguments if study.arguments[name].strip()][:MAX_ROWS],
        "examples": examples(study.concept),
        "unmeasured": unmeasured_metrics(study),
        "missing": missing[:MISSING_SHOWN],
        "more_missing": max(0, len(missing) - MISSING_SHOWN),
    }


def _counts(findings: Sequence[Finding]) -> dict[str, int]:
    """How many findings there are of each state."""
    return {state: sum(finding.passed is passed for finding in findings) for passed, state in _STATES.items()}


def _written_answers(formgrader: str, student: str, assignment: str) -> str:
    """The address of a student's submission in formgrader; nothing where the server's own is not known."""
    if not formgrader:
        return ""
    if not formgrader.startswith(("http://", "https://")):
        raise ValueError(f"got formgrader={formgrader!r}; expected the server's address, as in 'http://localhost:8888'")
    parts = (quote(part, safe="", errors="replace") for part in (student, assignment))
    return f"{formgrader.rstrip('/')}/formgrader/manage_students/{'/'.join(parts)}"


@cache
def _environment() -> jinja2.Environment:
    environment = page_environment(Path(__file__).parent / "templates", _clean)
    environment.filters["short"] = _short
    environment.globals |= {"max_text": MAX_TEXT, "max_name": MAX_NAME}
    return environment


def _clean(text: str) -> str:
    """Text as `plain_text` leaves it, with what is half a character replaced, as it cannot be saved."""
    return plain_text(text).encode("utf-8", "replace").decode("utf-8")


def _short(text: str, most: int = MAX_NAME) -> str:
    """A text that fits the page; what is left out is told."""
    return (
        text if len(text) <= most else f"{text[:most]} \N{HORIZONTAL ELLIPSIS} ({len(text) - most:,} characters more)"
    )
