"""That is the interval of the normal distribution, 1.96 standard errors. With few seeds the spread itself is uncertain,
and Student's t is wider.

See hint 3.
"""


def lead_time(earlier, later):
    leads = later - earlier
    leads = leads[~np.isnan(leads)]
    half = 1.96 * leads.std(ddof=1) / np.sqrt(len(leads))
    return {"lead": float(leads.mean()), "low": float(leads.mean() - half), "high": float(leads.mean() + half)}
