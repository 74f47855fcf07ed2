"""The curve is followed to where it first passes each level, also where it falls back afterwards. Use what it keeps: at
each checkpoint the least share from there on.

See hint 1.
"""


def pun_transition(steps, values):
    position, mean = np.log10(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    share = (mean - first) / (last - first)
    settled = np.maximum.accumulate(share)
    low, middle, high = np.interp([0.1, 0.5, 0.9], settled, position)
    i = np.flatnonzero(settled < 0.5)[-1]
    width, gap = high - low, position[i + 1] - position[i]
    verdict = "unresolved" if width <= gap else "sudden" if width <= 0.4 else "gradual"
    bracket = {"before": int(steps[i]), "after": int(steps[i + 1])}
    return {"step": 10**middle, **bracket, "width_decades": width, "verdict": verdict}
