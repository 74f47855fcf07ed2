"""The latest change stands first. Asked for is the order in which things happened.

See hint 1.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, values) for name, values in metrics.items()}
    latest = [name for name in found if found[name].step is not None]
    nothing = [name for name in found if found[name].step is None]
    order = sorted(latest, key=lambda name: -found[name].step) + nothing
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
