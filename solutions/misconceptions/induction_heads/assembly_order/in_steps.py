"""Differences of steps were averaged. A step later means less at step 1000 than at step 10: take the logarithm first.

See hint 1.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = events[second] - events[first]
        lags = lags[~np.isnan(lags)]
        finding = f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            half = scipy.stats.t.ppf(0.975, len(lags) - 1) * lags.std(ddof=1) / np.sqrt(len(lags))
            if abs(lags.mean()) > half:
                finding = f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}"
        findings.append(finding)
    return findings
