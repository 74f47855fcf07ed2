"""Interval and bracket are swapped. `low` and `high` are the 95 % interval of the step; `after` and `by` are
checkpoints, the bracket.

See hint 2.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, values) for name, values in metrics.items()}
    order = sorted(found, key=lambda name: (found[name].step is None, found[name].step or 0.0))
    rows = [found[name] for name in order]
    nowhere = (np.nan, np.nan)
    return {
        "metric": order,
        "verdict": [row.verdict for row in rows],
        "step": [np.nan if row.step is None else row.step for row in rows],
        "low": [(row.bracket or nowhere)[0] for row in rows],
        "high": [(row.bracket or nowhere)[1] for row in rows],
        "after": [(row.interval or nowhere)[0] for row in rows],
        "by": [(row.interval or nowhere)[1] for row in rows],
    }
