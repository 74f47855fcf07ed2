"""Where no change was located these are zeros. Step 0 is a checkpoint like any other: write NaN.

See hint 2.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, values) for name, values in metrics.items()}
    order = sorted(found, key=lambda name: (found[name].step is None, found[name].step or 0.0))
    rows = [found[name] for name in order]
    nowhere = (0.0, 0.0)
    return {
        "metric": order,
        "verdict": [row.verdict for row in rows],
        "step": [row.step or 0.0 for row in rows],
        "low": [(row.interval or nowhere)[0] for row in rows],
        "high": [(row.interval or nowhere)[1] for row in rows],
        "after": [(row.bracket or nowhere)[0] for row in rows],
        "by": [(row.bracket or nowhere)[1] for row in rows],
    }
