"""A seed without an event was counted as if the event had come at step 1. It does not count for that pair.

See hint 2.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = np.log10(np.nan_to_num(events[second], nan=1.0) / np.nan_to_num(events[first], nan=1.0))
        lags = lags[~np.isnan(lags)]
        finding = f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            half = scipy.stats.t.ppf(0.975, len(lags) - 1) * lags.std(ddof=1) / np.sqrt(len(lags))
            if abs(lags.mean()) > half:
                finding = f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}"
        findings.append(finding)
    return findings
