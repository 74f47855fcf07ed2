"""Natural logarithms were used. Decades are logarithms to base 10.

See hint 3.
"""


def seed_agreement(before, after):
    there = ~np.isnan(before)
    low, high = np.log(before[there]), np.log(after[there])
    middles = (low + high) / 2
    return {
        "formed": float(there.mean()),
        "step": float(np.exp(middles.mean())),
        "spread": float(middles.std(ddof=1)),
        "bracket": float((high - low).mean()),
    }
