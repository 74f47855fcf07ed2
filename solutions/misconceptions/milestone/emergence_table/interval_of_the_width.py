"""`low` and `high` are the interval of the width here, in decades. Asked for is that of the step.

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
        "low": [(row.width_interval or nowhere)[0] for row in rows],
        "high": [(row.width_interval or nowhere)[1] for row in rows],
        "after": [(row.bracket or nowhere)[0] for row in rows],
        "by": [(row.bracket or nowhere)[1] for row in rows],
    }
