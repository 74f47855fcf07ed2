"""The ends of the bracket do not count here. They do: the last checkpoint at bracket[0] or before, the first at
bracket[1] or after.

See hint 3.
"""


def before_and_after(steps, completed, bracket):
    last, first = np.flatnonzero(steps < bracket[0])[-1], np.flatnonzero(steps > bracket[1])[0]
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
