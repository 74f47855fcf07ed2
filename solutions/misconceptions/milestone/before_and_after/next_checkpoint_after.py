"""The checkpoint after the last one before the change is taken for the one after it. It may lie in the middle of the
change: take the first at bracket[1] or later.

See hint 3.
"""


def before_and_after(steps, completed, bracket):
    last, first = np.flatnonzero(steps <= bracket[0])[-1] + np.array([0, 1])
    before, after = completed[:, last], completed[:, first]
    gained = after & ~before
    kept = completed[gained, first:].all(axis=1)
    return {
        "before": before.mean(),
        "after": after.mean(),
        "gained": gained.mean(),
        "lost": (before & ~after).mean(),
        "kept": kept.mean() if len(kept) else np.nan,
    }
