"""A study as one HTML page that stands alone: to read, to print, to send to somebody who has none of this installed.

    make_report(study, "study", figures={"Trajectories": figure}, notebook="milestone.ipynb")      writes study/report.html

Tables and figures come from the study; the written parts and the code come from the notebook *as it was last saved*. What the
page lacks, it says at its top.

Pitfall: save the notebook first (Ctrl+S), or the page shows the answers of the last time; it tells the time of that.
"""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.checking.figures import figure_facts, is_figure
from course_utils.studies.checkpoints import spacing_faults
from course_utils.studies.file import APPROACHES, Study
from course_utils.studies.metrics import UNITS
from course_utils.studies.report.html import highlight_css, highlighted, page_environment, picture, readable
from course_utils.studies.report.markdown import markdown_to_html
from course_utils.studies.report.saved_notebook import Answer, NotebookFileError, SavedNotebook, read_notebook
from course_utils.studies.report.tables import (
    checkpoint_rows,
    emergence_rows,
    examples,
    measured_metrics,
    missing_rows,
    unmeasured_metrics,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FILE = "report.html"
TEMPLATES = Path(__file__).parent / "templates"
WRITTEN = {
    "emergence_analysis": "When it emerges, and how suddenly",
    "mechanistic_interpretation": "What the model learns: a mechanistic interpretation",
}
NO_NOTEBOOK = (
    'No notebook was given, so written parts and code are not here: make_report(..., notebook="milestone.ipynb").'
)
MISSING_SHOWN = 60  # reasons of missing values that a page lists


@dataclass(frozen=True)
class ShownFigure:
    """A figure as it stands on a page: its caption, a description for those who cannot see it, and its PNG in base64."""

    caption: str
    description: str
    png: str


@dataclass(frozen=True)
class ClaimRow:
    """What is claimed of a metric, what the reported table says of it, and the argument that is given."""

    metric: str
    claim: str
    reported: str
    argument: str

    @property
    def differs(self) -> bool:
        return self.claim != self.reported


def make_report(
    study: Study,
    folder: str | Path,
    *,
    figures: "Mapping[str, Figure] | Sequence[Figure]" = (),
    notebook: str | Path | None = None,
    title: str | None = None,
) -> Path:
    """Write the report of a study to folder/report.html, whole or not at all, and return that path.

    Raises TypeError for what is no study or no figure, OSError where the file cannot be written. A notebook that is not there
    or cannot be read is no error: the page says so.
    """
    if not isinstance(study, Study):
        raise TypeError(f"make_report: got a {type(study).__name__}; expected a Study, as load_study gives it")
    page = _render(study, shown_figures(figures), notebook, title)
    path = Path(folder) / FILE
    _write_whole(path, page)
    return path


def shown_figures(figures: "Mapping[str, Figure] | Sequence[Figure]") -> list[ShownFigure]:
    """Figures, by caption or in order, as they stand on a page. Raises TypeError for what is none."""
    if is_figure(figures) or isinstance(figures, str) or not isinstance(figures, (Mapping, Sequence)):
        raise TypeError(f"make_report: got a {type(figures).__name__} as figures; expected a list of them, or a dict")
    named = figures.items() if isinstance(figures, Mapping) else [("", figure) for figure in figures]
    return [_shown(str(caption), figure) for caption, figure in named]


def _shown(caption: str, figure: "Figure") -> ShownFigure:
    if not is_figure(figure):
        raise TypeError(
            f"make_report: figure {caption or 'in the list'!r} is a {type(figure).__name__}; expected a matplotlib "
            "figure, as plt.subplots() and the kit's plot functions give it"
        )
    whole = figure if hasattr(figure, "savefig") else figure.figure
    return ShownFigure(caption, _description(whole), picture(whole))


def _description(figure: "Figure") -> str:
    """What a figure shows, in words: the curves of each panel, and what they are drawn over."""
    panels = figure_facts(figure)["panels"]
    told = [f"{panel['ylabel'] or 'curves'}: {', '.join(panel['curves'])} over {panel['xlabel']}" for panel in panels]
    return "; ".join(told) or "a figure without curves"


def _render(study: Study, figures: list[ShownFigure], notebook: str | Path | None, title: str | None) -> str:
    saved, why_none = _read(notebook)
    answers = {name: saved.answer(name) for name in WRITTEN} if saved else {}
    environment = page_environment(TEMPLATES)
    environment.filters |= {"code": highlighted, "markdown": lambda text: markdown_to_html(readable(text))}
    missing = missing_rows(study)
    return environment.get_template("study_report.html.j2").render(
        study=study,
        title=title or f"{study.concept.name}: when does it emerge in {study.suite}?",
        approach=APPROACHES[study.approach],
        lacking=_lacking(study, figures, answers, why_none, len(missing)),
        emergence=emergence_rows(study.reported),
        units=UNITS,
        figures=figures,
        claims=claim_rows(study),
        examples=examples(study.concept),
        written=[(heading, answers[name]) for name, heading in WRITTEN.items() if name in answers],
        notebook=saved,
        why_none=why_none,
        metrics=list(measured_metrics(study)),
        checkpoints=checkpoint_rows(study),
        spacing=spacing_faults(study.steps, study.steps_available),
        missing=missing[:MISSING_SHOWN],
        more_missing=max(0, len(missing) - MISSING_SHOWN),
        highlight_css=highlight_css(),
    )


def _read(notebook: str | Path | None) -> tuple[SavedNotebook | None, str]:
    """The notebook, or why there is none in words."""
    if notebook is None:
        return None, NO_NOTEBOOK
    try:
        return read_notebook(notebook), ""
    except (FileNotFoundError, NotebookFileError) as error:
        return None, f"The written parts and the code are not here: {error}."


def _lacking(
    study: Study, figures: list[ShownFigure], answers: dict[str, Answer], why_none: str, missing: int
) -> list[str]:
    """What the page does not have that a report should, a sentence each."""
    unmeasured, silent = unmeasured_metrics(study), _metrics_without_claim(study)
    found = [
        f"Not measured: {', '.join(unmeasured)}." if unmeasured else "",
        "The emergence table is empty." if study.reported.empty else "",
        f"No claim about {', '.join(silent)}." if silent else "",
        f"{missing} value{'s' if missing != 1 else ''} missing; the reasons are under Checkpoints." if missing else "",
        "" if figures else "No figure was given: make_report(..., figures=[figure]).",
        why_none,
        *(f"{WRITTEN[name]}: {answer.lacking}" for name, answer in answers.items() if answer.lacking),
    ]
    return [sentence for sentence in found if sentence]


def _metrics_without_claim(study: Study) -> list[str]:
    return [name for name in measured_metrics(study) if name not in study.claims]


def claim_rows(study: Study) -> list[ClaimRow]:
    """A row for each metric that something is claimed or argued about, in the order of the emergence table."""
    reported = {str(row.metric): str(row.verdict) for row in study.reported.itertuples()}
    names = dict.fromkeys([*reported, *study.claims, *study.arguments])
    return [
        ClaimRow(
            name,
            study.claims.get(name, "no claim"),
            reported.get(name, "not in the table"),
            study.arguments.get(name, ""),
        )
        for name in names
        if name in study.claims or name in study.arguments
    ]


def _write_whole(path: Path, text: str) -> None:
    """Write a file in one step; what was there before stays where that fails."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".report-", suffix=".part")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(part, 0o644)  # mkstemp's own is for one user alone
        os.replace(part, path)
    except BaseException:
        Path(part).unlink(missing_ok=True)
        raise
