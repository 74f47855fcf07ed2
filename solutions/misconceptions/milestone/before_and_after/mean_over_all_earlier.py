"""`before` is the mean over all checkpoints up to the change, and `after` over all from there on. Asked for are two
checkpoints: the last before and the first after.

See hint 1.
"""


def before_and_after(steps, completed, bracket):
    last, first = np.flatnonzero(steps <= bracket[0])[-1], np.flatnonzero(steps >= bracket[1])[0]
    before, after = completed[:, last], completed[:, first]
    gained = after & ~before
    kept = completed[gained, first:].all(axis=1)
    return {
        "before": completed[:, : last + 1].mean(),
        "after": completed[:, first:].mean(),
        "gained": gained.mean(),
        "lost": (before & ~after).mean(),
        "kept": kept.mean() if len(kept) else np.nan,
    }
