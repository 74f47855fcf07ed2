"""The same with pandas, which leaves missing values out by itself."""


def lead_time(earlier, later):
    leads = pd.Series(later) - pd.Series(earlier)
    half = leads.sem() * scipy.stats.t.isf(0.025, leads.count() - 1)
    return {"lead": leads.mean(), "low": leads.mean() - half, "high": leads.mean() + half}
