"""`gained` and `lost` are the change of the mean here. Items that are gained and items that are lost cancel in it: count
them one by one.

See hint 1.
"""


def before_and_after(steps, completed, bracket):
    last, first = np.flatnonzero(steps <= bracket[0])[-1], np.flatnonzero(steps >= bracket[1])[0]
    before, after = completed[:, last], completed[:, first]
    gained = after & ~before
    kept = completed[gained, first:].all(axis=1)
    return {
        "before": before.mean(),
        "after": after.mean(),
        "gained": max(after.mean() - before.mean(), 0.0),
        "lost": max(before.mean() - after.mean(), 0.0),
        "kept": kept.mean() if len(kept) else np.nan,
    }
