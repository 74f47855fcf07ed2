"""A loop over sorted names, with lists for tuples."""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    reached, never = [], []
    for name in sorted(set(categories)):
        rows = [row for row, category in zip(completed.tolist(), categories, strict=True) if category == name]
        shares = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
        there = None
        for step, share in zip(reversed(steps.tolist()), reversed(shares), strict=True):
            if share < threshold:
                break
            there = step
        (never if there is None else reached).append([name, there])
    return sorted(reached, key=lambda pair: pair[1]) + never
