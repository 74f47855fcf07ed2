"""Metrics without a located change are left out. They belong in the table, last, with NaN: that is a finding too.

See hint 2.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, values) for name, values in metrics.items()}
    order = sorted((n for n in found if found[n].step is not None), key=lambda n: found[n].step)
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
