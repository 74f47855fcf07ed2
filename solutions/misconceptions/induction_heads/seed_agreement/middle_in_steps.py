"""The middle of a bracket was taken in steps. On a log axis it is the geometric mean of the two ends.

See hint 1.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = np.log10((before[there] + after[there]) / 2)
    return {
        "formed": float(there.mean()),
        "step": float(10 ** middles.mean()),
        "spread": float(middles.std(ddof=1)),
        "bracket": float((high - low).mean()),
    }
