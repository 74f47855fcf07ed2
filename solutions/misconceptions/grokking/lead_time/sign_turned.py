"""The sign is turned: a lead is positive where the first measure moves earlier.

See hint 2.
"""


def lead_time(earlier, later):
    leads = earlier - later
    leads = leads[~np.isnan(leads)]
    half = scipy.stats.t.ppf(0.975, len(leads) - 1) * leads.std(ddof=1) / np.sqrt(len(leads))
    return {"lead": float(leads.mean()), "low": float(leads.mean() - half), "high": float(leads.mean() + half)}
