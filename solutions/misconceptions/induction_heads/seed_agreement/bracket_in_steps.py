"""The bracket is told in steps. Its width is log10(after / before), in decades.

See hint 3.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log10(before[there]), np.log10(after[there])
    middles = (low + high) / 2
    return {
        "formed": float(there.mean()),
        "step": float(10 ** middles.mean()),
        "spread": float(middles.std(ddof=1)),
        "bracket": float((after[there] - before[there]).mean()),
    }
