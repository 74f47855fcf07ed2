"""1.96 standard errors were used. With few seeds Student's t is wider: for three seeds 4.30.

See hint 3.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        lags = np.log10(events[second] / events[first])
        lags = lags[~np.isnan(lags)]
        finding = f"{first} and {second} cannot be ordered"
        if len(lags) >= 3:
            half = 1.96 * lags.std(ddof=1) / np.sqrt(len(lags))
            if abs(lags.mean()) > half:
                finding = f"{first} before {second}" if lags.mean() > 0 else f"{second} before {first}"
        findings.append(finding)
    return findings
