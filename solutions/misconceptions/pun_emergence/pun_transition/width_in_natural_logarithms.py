"""The width is in natural logarithms. A decade is a factor of 10: take log10.

See hint 2.
"""


def pun_transition(steps, values):
    position, mean = np.log(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    share = (mean - first) / (last - first)
    settled = np.minimum.accumulate(share[::-1])[::-1]
    low, middle, high = np.interp([0.1, 0.5, 0.9], settled, position)
    i = np.flatnonzero(settled < 0.5)[-1]
    width, gap = high - low, position[i + 1] - position[i]
    verdict = "unresolved" if width <= gap else "sudden" if width <= 0.4 else "gradual"
    bracket = {"before": int(steps[i]), "after": int(steps[i + 1])}
    return {"step": np.exp(middle), **bracket, "width_decades": width, "verdict": verdict}
