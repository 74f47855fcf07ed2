"""scipy's geometric mean, and numpy functions that skip NaN."""


def seed_agreement(before, after):
    middles = np.sqrt(before * after)
    return {
        "bracket": np.nanmean(np.log10(after / before)),
        "formed": np.isfinite(before).sum() / before.size,
        "spread": np.nanstd(np.log10(middles), ddof=1),
        "step": scipy.stats.gmean(middles, nan_policy="omit"),
    }
