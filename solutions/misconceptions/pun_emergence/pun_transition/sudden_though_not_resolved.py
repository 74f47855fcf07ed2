"""A change within one gap between checkpoints is called sudden here. How fast it went inside the gap nobody has seen:
that is unresolved.

See hint 2.
"""


def pun_transition(steps, values):
    position, mean = np.log10(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    share = (mean - first) / (last - first)
    settled = np.minimum.accumulate(share[::-1])[::-1]
    low, middle, high = np.interp([0.1, 0.5, 0.9], settled, position)
    i = np.flatnonzero(settled < 0.5)[-1]
    width = high - low
    verdict = "sudden" if width <= 0.4 else "gradual"
    bracket = {"before": int(steps[i]), "after": int(steps[i + 1])}
    return {"step": 10**middle, **bracket, "width_decades": width, "verdict": verdict}
