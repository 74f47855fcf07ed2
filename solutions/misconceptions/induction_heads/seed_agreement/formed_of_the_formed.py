"""The share is 1 whatever happened, as seeds that never formed were left out of it.

See hint 2.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = (low + high) / 2
    return {
        "formed": float((~np.isnan(before[there])).mean()),
        "step": float(10 ** middles.mean()),
        "spread": float(middles.std(ddof=1)),
        "bracket": float((high - low).mean()),
    }
