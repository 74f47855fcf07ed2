"""The same with scipy's own interval."""


def lead_time(earlier, later):
    leads = (later - earlier)[np.isfinite(later - earlier)]
    low, high = scipy.stats.t.interval(0.95, len(leads) - 1, loc=leads.mean(), scale=scipy.stats.sem(leads))
    return {"low": low, "lead": leads.mean(), "high": high}
