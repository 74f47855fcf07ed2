"""`gained` is divided by the items that were not completed before, and `lost` by those that were. Both are shares of all
items.

See hint 2.
"""


def before_and_after(steps, completed, bracket):
    last, first = np.flatnonzero(steps <= bracket[0])[-1], np.flatnonzero(steps >= bracket[1])[0]
    before, after = completed[:, last], completed[:, first]
    gained = after & ~before
    kept = completed[gained, first:].all(axis=1)
    return {
        "before": before.mean(),
        "after": after.mean(),
        "gained": gained.sum() / max((~before).sum(), 1),
        "lost": (before & ~after).sum() / max(before.sum(), 1),
        "kept": kept.mean() if len(kept) else np.nan,
    }
