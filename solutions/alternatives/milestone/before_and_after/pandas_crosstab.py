"""With a table of pandas by step, cut at the two steps."""


def before_and_after(steps, completed, bracket):
    table = pd.DataFrame(completed, columns=steps)
    before = table.loc[:, : bracket[0]].iloc[:, -1]
    later = table.loc[:, bracket[1] :]
    after = later.iloc[:, 0]
    kinds = pd.Series(list(zip(before, after, strict=True))).value_counts(normalize=True)
    return {
        "gained": float(kinds.get((False, True), 0.0)),
        "lost": float(kinds.get((True, False), 0.0)),
        "before": float(before.mean()),
        "after": float(after.mean()),
        "kept": float(later[after & ~before].all(axis=1).mean()),
    }
