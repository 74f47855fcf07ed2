"""Where no item was gained there is no share of them that was kept: that is NaN, not 0.

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
        "kept": kept.mean() if len(kept) else 0.0,
    }
