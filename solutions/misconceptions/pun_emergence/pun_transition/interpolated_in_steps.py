"""The interpolation is linear in the step. It has to be linear in the logarithm of the step, the axis on which the
checkpoints are spaced.

See hint 2.
"""


def pun_transition(steps, values):
    position, mean = np.log10(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    share = (mean - first) / (last - first)
    settled = np.minimum.accumulate(share[::-1])[::-1]
    low, middle, high = np.log10(np.interp([0.1, 0.5, 0.9], settled, steps))
    i = np.flatnonzero(settled < 0.5)[-1]
    width, gap = high - low, position[i + 1] - position[i]
    verdict = "unresolved" if width <= gap else "sudden" if width <= 0.4 else "gradual"
    bracket = {"before": int(steps[i]), "after": int(steps[i + 1])}
    return {"step": 10**middle, **bracket, "width_decades": width, "verdict": verdict}
