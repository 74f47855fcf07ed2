"""`gained` holds every item that is completed after the change, and `lost` every one that is not. Gained are those that
were not completed before; lost, those that were.

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
        "gained": after.mean(),
        "lost": (~after).mean(),
        "kept": kept.mean() if len(kept) else np.nan,
    }
