"""The step is the plain mean of the steps. The geometric mean is 10 to the power of the mean logarithm.

See hint 2.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = (low + high) / 2
    return {
        "formed": float(there.mean()),
        "step": float((10**middles).mean()),
        "spread": float(middles.std(ddof=1)),
        "bracket": float((high - low).mean()),
    }
