"""The first checkpoint of training is compared with the last. Asked for are the two around the change.

See hint 1.
"""


def before_and_after(steps, completed, bracket):
    last, first = 0, len(steps) - 1
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
