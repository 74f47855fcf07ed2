"""Which checkpoints make a study: 8 to 15 of them, spaced evenly in log step, before, in and after the change.

    steps = study_steps(suite.steps, 12, include=[850, 1200])     # or raises StudyRefused, with the reason
    spacing_faults(steps, suite.steps)                            # what is wrong with a choice, a sentence each

Fewer than eight cannot tell a sudden change from a gradual one; more than fifteen cost more than they tell, once a change is
bracketed. A stretch of training that has checkpoints and was not looked at is where a curve can have done anything.

Pitfall: with steps added where a curve moves (`include`) a change is *located* better. Leaving steps out until it looks sharp
is cherry-picking, and what is left out can be seen by anyone who knows which steps there are.
"""

from collections.abc import Sequence

import numpy as np

from course_utils.training.selection import select_steps

LEAST, MOST = 8, 15
WIDEST = 2.0  # how much wider than in an even choice of as many steps the widest gap may be, in decades
AROUND = 2  # checkpoints that a study needs before and after a change


class StudyRefused(ValueError):
    """Checkpoints on which no study can be made; the message says why."""


def study_steps(available: Sequence[int], count: int = 12, include: Sequence[int] = ()) -> list[int]:
    """`count` of the available steps, evenly spaced in log step, the ends and those to `include` among them.

    Raises StudyRefused where they make no study: fewer than 8, more than 15, or a gap that others would fill; ValueError for a
    step that is not there.
    """
    if not LEAST <= count <= MOST:
        raise StudyRefused(f"got {count} checkpoints; a study has {LEAST} to {MOST}: {_reason_of_count(count)}")
    steps = select_steps(available, count, include=include)
    if faults := spacing_faults(steps, available):
        raise StudyRefused("; ".join(faults))
    return steps


def _reason_of_count(count: int) -> str:
    if count < LEAST:
        return "with fewer no curve can be told to be sudden or gradual"
    return "more cost time and add little; add steps where the curve moves instead"


def spacing_faults(steps: Sequence[int], available: Sequence[int]) -> list[str]:
    """What is wrong with a choice of steps, a sentence each; none for a choice that makes a study."""
    if unknown := sorted(set(steps) - set(available)):
        return [f"the suite has no step {', '.join(f'{step:,}' for step in unknown)}"]
    faults = []
    if not LEAST <= len(steps) <= MOST:
        faults.append(f"{len(steps)} checkpoints, where a study has {LEAST} to {MOST}: {_reason_of_count(len(steps))}")
    positive, existing = (sorted(step for step in some if step > 0) for some in (steps, available))
    if len(positive) < 2 or len(existing) < 2:
        return [*faults, "fewer than two checkpoints after step 0"]
    gap, (low, high) = _widest_gap(positive, existing)
    even, _ = _widest_gap(select_steps(existing, len(positive)), existing)
    inside = [step for step in existing if low <= step <= high and step not in positive]
    if gap > WIDEST * even and inside:
        shown = ", ".join(f"{step:,}" for step in inside[:4]) + (" ..." if len(inside) > 4 else "")
        faults.append(
            f"nothing between step {low:,} and {high:,}, {gap:.1f} decades, though the suite has {shown}; as many steps, "
            f"evenly spaced in log step, would leave {even:.1f} decades at most"
        )
    return faults


def _widest_gap(positive: Sequence[int], existing: Sequence[int]) -> tuple[float, tuple[int, int]]:
    """The widest stretch of log10 step between chosen steps, or between one and an end of what exists."""
    places = sorted({existing[0], *positive, existing[-1]})
    gaps = np.diff(np.log10(places))
    widest = int(gaps.argmax())
    return float(gaps[widest]), (places[widest], places[widest + 1])


def coverage_faults(steps: Sequence[int], available: Sequence[int], bracket: tuple[float, float] | None) -> list[str]:
    """What is not known of a change that lies in a bracket: its levels before and after, and what the suite has in between.

    Nothing where no change was located.
    """
    if bracket is None:
        return []
    low, high = bracket
    unused = [step for step in available if low < step < high and step not in steps]
    before, after = sum(step <= low for step in steps), sum(step >= high for step in steps)
    faults = []
    for count, where in ((before, "before"), (after, "after")):
        if count < AROUND:
            faults.append(
                f"{count} checkpoint{'' if count == 1 else 's'} {where} the change between {low:,.0f} and {high:,.0f}; "
                f"expected at least {AROUND}, or its level {where} is not known"
            )
    if len(unused) > 1 and len(steps) < MOST:
        shown = ", ".join(f"{step:,}" for step in unused[:4]) + (" ..." if len(unused) > 4 else "")
        faults.append(
            f"the change is between {low:,.0f} and {high:,.0f}, where the suite has {shown}: include some of them"
        )
    return faults


def closer_steps(steps: Sequence[int], available: Sequence[int], bracket: tuple[float, float] | None) -> list[int]:
    """The steps, and as many more of the available ones inside a bracket as a study has room for, evenly in log step.

    Without a bracket, or with nothing left in it, the steps as they are.
    """
    room = MOST - len(steps)
    low, high = bracket or (0, 0)
    inside = [step for step in available if low < step < high and step not in steps]
    more = inside if len(inside) <= room else select_steps(inside, room) if room > 1 else inside[: max(room, 0)]
    return sorted({*steps, *more})
