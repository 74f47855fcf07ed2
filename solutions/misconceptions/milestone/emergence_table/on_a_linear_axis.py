"""The changes are described on a linear axis. Training unfolds on the logarithm of the step, which is what
describe_transition takes unless told otherwise.

See hint 1.
"""


def emergence_table(steps, metrics):
    found = {name: describe_transition(steps, values, scale="linear") for name, values in metrics.items()}
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
