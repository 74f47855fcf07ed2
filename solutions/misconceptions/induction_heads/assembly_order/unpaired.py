"""Seeds were compared across instead of within. What a seed does to both events alike drops out of the difference within
each seed.

See hint 1.
"""


def assembly_order(events):
    findings = []
    for first, second in itertools.combinations(events, 2):
        one, other = (np.log10(events[name][~np.isnan(events[name])]) for name in (first, second))
        finding = f"{first} and {second} cannot be ordered"
        if min(len(one), len(other)) >= 3:
            interval = scipy.stats.ttest_ind(other, one, equal_var=False).confidence_interval(0.95)
            if interval.low > 0 or interval.high < 0:
                finding = f"{first} before {second}" if interval.low > 0 else f"{second} before {first}"
        findings.append(finding)
    return findings
