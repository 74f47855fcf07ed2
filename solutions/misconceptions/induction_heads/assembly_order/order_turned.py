"""The order is turned: a positive lag of B behind A means that A came first.

See hint 1.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = np.log10(events[second] / events[first])
        lags = lags[~np.isnan(lags)]
        finding = f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            half = scipy.stats.t.ppf(0.975, len(lags) - 1) * lags.std(ddof=1) / np.sqrt(len(lags))
            if abs(lags.mean()) > half:
                finding = f"{second} before {first}" if lags.mean() > 0 else f"{first} before {second}"
        findings.append(finding)
    return findings
