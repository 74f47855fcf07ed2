"""Item by item, counting in a loop, with plain numbers."""


def before_and_after(steps, completed, bracket):
    last = max(i for i, step in enumerate(steps) if step <= bracket[0])
    first = min(i for i, step in enumerate(steps) if step >= bracket[1])
    kinds = {"kept": 0, "lost": 0, "gained": 0, "after": 0, "before": 0}
    for row in completed.tolist():
        kinds["before"] += row[last]
        kinds["after"] += row[first]
        kinds["lost"] += row[last] and not row[first]
        if row[first] and not row[last]:
            kinds["gained"] += 1
            kinds["kept"] += all(row[first:])
    gained, kept = kinds["gained"], kinds.pop("kept")
    shares = {name: count / len(completed) for name, count in kinds.items()}
    return {**shares, "kept": kept / gained if gained else float("nan")}
