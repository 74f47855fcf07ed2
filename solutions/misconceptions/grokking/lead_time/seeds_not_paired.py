"""The spreads of both measures were added as if the seeds were different ones. Take the differences within each seed
first: what a seed does to both drops out.

See hint 1.
"""


def lead_time(earlier, later):
    both = ~np.isnan(earlier) & ~np.isnan(later)
    earlier, later = earlier[both], later[both]
    lead, n = later.mean() - earlier.mean(), both.sum()
    half = scipy.stats.t.ppf(0.975, n - 1) * np.sqrt((earlier.var(ddof=1) + later.var(ddof=1)) / n)
    return {"lead": float(lead), "low": float(lead - half), "high": float(lead + half)}
