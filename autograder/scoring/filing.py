"""An executed notebook as it is filed: what a person who grades by hand will open."""

from nbformat import NotebookNode

from autograder.authoring.marking import with_marking_schemes
from autograder.execution.harmless_outputs import harmless
from autograder.scoring.expected import solved_of
from autograder.scoring.verdicts import Verdict, write_verdicts


def finished(executed: NotebookNode, name: str, verdicts: list[Verdict]) -> NotebookNode:
    """An executed notebook as it is filed: harmless outputs, verdicts, and marking schemes for whoever reads it."""
    return with_marking_schemes(write_verdicts(harmless(executed), verdicts), solved_of(name))
