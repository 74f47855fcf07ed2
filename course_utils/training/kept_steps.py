"""Which steps of a training run are kept: evenly spaced on a logarithmic axis, on a linear one, or on both."""


def log_spaced_steps(last: int, per_decade: int = 6) -> list[int]:
    """Steps 0, 1, ... `last`, evenly spaced on a logarithmic axis: round(10^(i / per_decade)), without repeats.

    >>> log_spaced_steps(100, per_decade=3)
    [0, 1, 2, 5, 10, 22, 46, 100]
    """
    steps = {0, last}
    exponent = 0
    while (step := round(10 ** (exponent / per_decade))) <= last:
        steps.add(step)
        exponent += 1
    return sorted(steps)


def checkpoint_schedule(last: int, every: int, per_decade: int = 6) -> list[int]:
    """Steps spaced evenly both on a logarithmic axis (`per_decade`) and on a linear one (`every`), both ends included.

    The first shows the early phase, in which a linear schedule has one checkpoint; the second brackets a late
    transition. Raises ValueError unless last >= 0 and every >= 1.
    """
    if last < 0 or every < 1:
        raise ValueError(f"got last={last}, every={every}; expected last >= 0 and every >= 1")
    return sorted({*log_spaced_steps(last, per_decade), *range(0, last + 1, every)})
