"""Which checkpoints to look at: a few steps out of many, evenly spaced on the axis on which training unfolds.

Mechanisms form over orders of magnitude of training, so ten checkpoints at equal distances say almost nothing about the
first tenth of it. On a logarithmic axis each stage gets its share. What is chosen always exists: no step is
interpolated or guessed.

Pitfall: an even spacing is a choice made before looking. If a transition falls between two chosen steps, add steps there
(`include`) and say so; choosing steps until a curve looks sharp is how false transitions are made.
"""

from collections.abc import Sequence

import numpy as np

SPACINGS = ("log", "linear")


def select_steps(steps: Sequence[int], count: int, spacing: str = "log", include: Sequence[int] = ()) -> list[int]:
    """`count` of the steps, the first, the last and those in `include` among them, spaced as evenly as they allow.

    Among all choices the one is taken that makes the sum of squared gaps smallest on the axis: log10(step), with step 0
    as far before the first positive step as that one is from the second, or the steps themselves. With fewer steps than
    `count` all are returned.

    Raises ValueError for an unknown spacing, a count too small for the ends and what is to be included, or a step to
    include that does not exist; TypeError for a count that is no whole number.

    >>> select_steps([0, 1, 2, 4, 8, 16, 32, 64], 4)
    [0, 2, 8, 64]
    """
    steps = sorted(set(steps))
    if isinstance(count, bool) or not isinstance(count, int | np.integer):
        raise TypeError(f"got count={count!r}; expected a whole number of checkpoints")
    if spacing not in SPACINGS:
        raise ValueError(f"got spacing={spacing!r}; expected one of {', '.join(SPACINGS)}")
    if not steps:
        raise ValueError("got no steps; expected at least one")
    if missing := sorted(set(include) - set(steps)):
        near = {step: nearest_step(steps, step) for step in missing}
        told = ", ".join(f"{step} (nearest: {existing})" for step, existing in near.items())
        raise ValueError(f"no checkpoint at step {told}; expected steps that exist")
    forced = sorted({steps[0], steps[-1], *include})
    if count < len(forced):
        raise ValueError(f"got count={count}; expected at least {len(forced)}, for the ends and the steps to include")
    if count >= len(steps):
        return steps
    return _evenest(steps, _axis(np.array(steps, dtype=float), spacing), count, set(forced))


def nearest_step(steps: Sequence[int], step: int, spacing: str = "log") -> int:
    """The existing step nearest to one, on a logarithmic axis unless told otherwise; of two equally near ones the earlier.

    >>> nearest_step([512, 1000, 2000], 700)
    512
    """
    if not len(steps):
        raise ValueError("got no steps; expected at least one")
    if spacing not in SPACINGS:
        raise ValueError(f"got spacing={spacing!r}; expected one of {', '.join(SPACINGS)}")

    def distance(existing: int) -> float:
        if spacing == "linear":
            return abs(existing - step)
        return abs(float(np.log1p(existing)) - float(np.log1p(step)))  # step 0 has a place too

    return min(sorted(steps), key=distance)


def _axis(steps: np.ndarray, spacing: str) -> np.ndarray:
    if spacing == "linear":
        return steps
    positive = np.log10(steps[steps > 0])
    if len(positive) == len(steps):
        return positive
    first_gap = positive[1] - positive[0] if len(positive) > 1 else 1.0
    return np.concatenate([[positive[0] - first_gap], positive]) if len(positive) else np.zeros(1)


def _evenest(steps: list[int], place: np.ndarray, count: int, forced: set[int]) -> list[int]:
    """The chain of `count` steps through all forced ones with the least sum of squared gaps, by dynamic programming."""
    n = len(steps)
    gaps = (place[None, :] - place[:, None]) ** 2
    forced_so_far = np.cumsum([step in forced for step in steps])
    is_forced = np.array([step in forced for step in steps])
    # From i to j is allowed where no forced step lies strictly between them.
    between = forced_so_far[None, :] - is_forced[None, :] - forced_so_far[:, None]
    gaps[(between > 0) | (np.arange(n)[None, :] <= np.arange(n)[:, None])] = np.inf
    cost = np.full(n, np.inf)
    cost[0] = 0.0
    origins = []
    for _ in range(count - 1):
        total = cost[:, None] + gaps
        origins.append(total.argmin(axis=0))
        cost = total.min(axis=0)
    chosen = [n - 1]
    for origin in reversed(origins):
        chosen.append(int(origin[chosen[-1]]))
    return [steps[place] for place in reversed(chosen)]
