"""The settings that make nbgrader's own commands and its formgrader go the way of the kit, with the same results."""

from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbgrader.preprocessors import AssignLatePenalties, GetGrades, SaveAutoGrades
from traitlets.config import Config

from autograder.authoring.notebooks import release_settings
from autograder.platforms.nbgrader_steps import (
    DropMarkingSchemes,
    ExecuteInSandbox,
    RestoreSubmission,
    ScoreAnswers,
    SubmissionExporter,
)
from autograder.platforms.safe_html import markdown2html


def settings() -> Config:
    """The configuration of nbgrader for this kit."""
    config = release_settings()
    config.Autograde.exporter_class = SubmissionExporter
    config.Autograde.sanitize_preprocessors = [RestoreSubmission]
    config.Autograde.autograde_preprocessors = [ExecuteInSandbox, ScoreAnswers, SaveAutoGrades, AssignLatePenalties]
    config.GenerateFeedback.preprocessors = [DropMarkingSchemes, GetGrades, CSSHTMLHeaderPreprocessor]
    # A student's markdown and outputs reach the instructor's browser through formgrader: nothing may run or be fetched there.
    config.HTMLExporter.filters = {"markdown2html": markdown2html}
    config.HTMLExporter.sanitize_html = True
    return config
