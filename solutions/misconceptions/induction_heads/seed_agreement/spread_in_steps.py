"""The spread is told in steps. It is the standard deviation of log10 of the middles, in decades.

See hint 3.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = (low + high) / 2
    return {
        "formed": float(there.mean()),
        "step": float(10 ** middles.mean()),
        "spread": float((10**middles).std(ddof=1)),
        "bracket": float((high - low).mean()),
    }
