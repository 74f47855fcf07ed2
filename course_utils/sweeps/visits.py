"""Look at checkpoints one after the other, whatever is wanted from each: text, tables, arrays.

    seen = visit_checkpoints(suite, steps, top_words)
    seen.results[1000]          what the function returned there
    seen.missing                {step: reason} of those that could not be opened, or at which the function failed

For numbers over training use `sweep`, which makes a table of them and can keep, share and continue the work.

Pitfall: a failed step is missing from `results`, so go through `results`, not through the steps that were asked for.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from tqdm.auto import tqdm

from course_utils.suites.base import Suite
from course_utils.suites.reasons import told


@dataclass(frozen=True)
class Visits:
    """What a function returned at each step, and why it is missing at others."""

    results: dict[int, Any] = field(default_factory=dict)
    missing: dict[int, str] = field(default_factory=dict)


def visit_checkpoints(
    suite: Suite, steps: Iterable[int], function: Callable[[Any], Any], *, progress: bool = True
) -> Visits:
    """Apply a function to the opened model of each step, ascending. A step that fails is told, and the others go on.

    Raises KeyError, before any is opened, for a step that does not exist.
    """
    chosen = sorted({suite.existing(step) for step in steps})
    seen = Visits()
    for step in tqdm(chosen, desc="checkpoints", unit="step", disable=not progress):
        try:
            with suite.open(step) as model:
                seen.results[step] = function(model)
        except Exception as error:  # noqa: BLE001  the reason is kept where the result would be
            seen.missing[step] = told(error)
    return seen
