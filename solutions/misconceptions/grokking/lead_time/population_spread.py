"""The standard deviation divides by n. From a sample it divides by n - 1: ddof=1.

See hint 3.
"""


def lead_time(earlier, later):
    leads = later - earlier
    leads = leads[~np.isnan(leads)]
    half = scipy.stats.t.ppf(0.975, len(leads) - 1) * leads.std() / np.sqrt(len(leads))
    return {"lead": float(leads.mean()), "low": float(leads.mean() - half), "high": float(leads.mean() + half)}
