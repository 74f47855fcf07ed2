"""One list of those with a step and one of those without, and columns filled in a loop, in another order."""


def emergence_table(steps, metrics):
    located, nowhere = [], []
    for name, values in metrics.items():
        one = describe_transition(np.array(steps, dtype=float), values)
        (nowhere if one.step is None else located).append((name, one))
    located.sort(key=lambda pair: pair[1].step)
    columns = {name: [] for name in ("by", "after", "high", "low", "step", "verdict", "metric")}
    for name, one in located + nowhere:
        columns["metric"].append(name)
        columns["verdict"].append(one.verdict)
        there = one.step is not None
        columns["step"].append(one.step if there else float("nan"))
        for (first, second), ends in ((("low", "high"), one.interval), (("after", "by"), one.bracket)):
            columns[first].append(ends[0] if there else float("nan"))
            columns[second].append(ends[1] if there else float("nan"))
    return columns
