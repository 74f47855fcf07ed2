"""The standard deviation divides by n. For a sample of seeds it divides by n - 1: ddof=1.

See hint 3.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = (low + high) / 2
    return {
        "formed": float(there.mean()),
        "step": float(10 ** middles.mean()),
        "spread": float(middles.std()),
        "bracket": float((high - low).mean()),
    }
