"""A seed without a transition is counted with a lead of 0. It has no lead: leave it out.

See hint 2.
"""


def lead_time(earlier, later):
    leads = later - earlier
    leads = np.nan_to_num(leads)
    half = scipy.stats.t.ppf(0.975, len(leads) - 1) * leads.std(ddof=1) / np.sqrt(len(leads))
    return {"lead": float(leads.mean()), "low": float(leads.mean() - half), "high": float(leads.mean() + half)}
