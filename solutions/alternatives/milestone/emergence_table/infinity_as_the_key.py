"""Sorted with infinity for no step, and an array turned over for the numbers."""


def emergence_table(steps, metrics):
    nan = float("nan")
    rows = [(name, describe_transition(steps, values)) for name, values in metrics.items()]
    rows = sorted(rows, key=lambda row: np.inf if row[1].step is None else row[1].step)
    numbers = np.array([[t.step, *t.interval, *t.bracket] if t.step is not None else [nan] * 5 for _, t in rows])
    names = ["step", "low", "high", "after", "by"]
    return {
        "metric": [name for name, _ in rows],
        "verdict": [found.verdict for _, found in rows],
        **dict(zip(names, numbers.T, strict=True)),
    }
