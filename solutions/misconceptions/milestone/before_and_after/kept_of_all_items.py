"""`kept` is a share of all items here. It is a share of those that were gained.

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
        "gained": gained.mean(),
        "lost": (before & ~after).mean(),
        "kept": kept.sum() / len(completed),
    }
