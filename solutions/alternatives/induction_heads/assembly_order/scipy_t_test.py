"""scipy's one-sample t test at 5 %, which says the same as the interval."""


def assembly_order(events):
    said, names = [], list(events)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            both = ~(np.isnan(events[first]) | np.isnan(events[second]))
            lags = np.log2(events[second][both]) - np.log2(events[first][both])
            sure = both.sum() > 2 and scipy.stats.ttest_1samp(lags, 0).pvalue < 0.05
            pair = [first, second] if lags.sum() > 0 else [second, first]
            said.append(" before ".join(pair) if sure else f"{first} and {second} cannot be ordered")
    return said
