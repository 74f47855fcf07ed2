"""The interval shows how far seeds spread. An interval of the mean gets narrower with more seeds: divide by the square
root of their number.

See hint 3.
"""


def lead_time(earlier, later):
    leads = later - earlier
    leads = leads[~np.isnan(leads)]
    half = scipy.stats.t.ppf(0.975, len(leads) - 1) * leads.std(ddof=1)
    return {"lead": float(leads.mean()), "low": float(leads.mean() - half), "high": float(leads.mean() + half)}
