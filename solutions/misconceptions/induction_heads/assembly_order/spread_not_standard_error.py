"""The interval is that of a single seed: the standard deviation was not divided by the square root of the number of
seeds.

See hint 3.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = np.log10(events[second] / events[first])
        lags = lags[~np.isnan(lags)]
        finding = f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            half = scipy.stats.t.ppf(0.975, len(lags) - 1) * lags.std(ddof=1)
            if abs(lags.mean()) > half:
                finding = f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}"
        findings.append(finding)
    return findings
