"""The metrics come in alphabetical order. Asked for is the order of their steps.

See hint 1.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, values) for name, values in metrics.items()}
    order = sorted(found)
    rows = [found[name] for name in order]
    nowhere = (np.nan, np.nan)
    return {
        "metric": order,
        "verdict": [row.verdict for row in rows],
        "step": [np.nan if row.step is None else row.step for row in rows],
        "low": [(row.interval or nowhere)[0] for row in rows],
        "high": [(row.interval or nowhere)[1] for row in rows],
        "after": [(row.bracket or nowhere)[0] for row in rows],
        "by": [(row.bracket or nowhere)[1] for row in rows],
    }
