"""Is it a phase transition? Words for a curve over training that can also be "I cannot tell".

    found = describe_transition(run.metrics.index, run.metrics["test_accuracy"])
    found.verdict, found.step, found.interval     # "sudden", "gradual", "none" or "unresolved"; where; within which steps
    print(found.message); found.plot()

What each verdict means, and how often it errs, is in `transition_description` and docs/transitions.md. The other names:
`compare_transitions` (what came first), `thresholded_twin` (does only the thresholded measure jump?), `count_changes`
(several changes in one curve), `assembly_timeline` (a figure of what formed when) and `redundancy` (how many components carry
the effect). Each lives in a module of its own; this one is where they are imported from.

Pitfalls: a difference between neighbouring checkpoints that exceeds a threshold says as much about their spacing as about
the curve, so nothing here uses one. What happened between two checkpoints is not known; a location comes with its bracket.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from course_utils.transitions.comparison import Comparison, Twin, compare_transitions, thresholded_twin
from course_utils.transitions.components import redundancy
from course_utils.transitions.counts import Changes, count_changes
from course_utils.transitions.description import VERDICTS, Transition, describe_transition
from course_utils.transitions.fits import Fit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "VERDICTS",
    "Changes",
    "Comparison",
    "Fit",
    "Transition",
    "Twin",
    "assembly_timeline",
    "compare_transitions",
    "count_changes",
    "describe_transition",
    "redundancy",
    "thresholded_twin",
]


def assembly_timeline(transitions: "Mapping[str, Transition]", ax: "Axes | None" = None) -> "Axes":
    """Components as bars over log step, in order of location: see `transition_figures.assembly_timeline`."""
    from course_utils.transitions.figures import assembly_timeline as draw  # matplotlib, only where something is drawn

    return draw(transitions, ax)
