"""The groups are averaged before describe_transition sees them. Give it all of them: it averages too, but its intervals
allow for other groups.

See hint 1.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, np.atleast_2d(values).mean(axis=0)) for name, values in metrics.items()}
    order = sorted(found, key=lambda name: (found[name].step is None, found[name].step or 0.0))
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
