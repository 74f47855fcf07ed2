"""Pairs were ordered by their means alone. Where the interval holds zero, the seeds cannot order them.

See hint 1.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = np.log10(events[second] / events[first])
        lags = lags[~np.isnan(lags)]
        finding = f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            scipy.stats.t.ppf(0.975, len(lags) - 1) * lags.std(ddof=1) / np.sqrt(len(lags))
            if True:
                finding = f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}"
        findings.append(finding)
    return findings
