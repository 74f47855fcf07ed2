"""The bracket goes around the whole change, from 10 % to 90 %. Asked for are the two checkpoints around the halfway
point.

See hint 3.
"""


def pun_transition(steps, values):
    position, mean = np.log10(steps), values.mean(axis=0)
    first, last = np.median(mean[:3]), np.median(mean[-3:])
    share = (mean - first) / (last - first)
    settled = np.minimum.accumulate(share[::-1])[::-1]
    low, middle, high = np.interp([0.1, 0.5, 0.9], settled, position)
    i = np.flatnonzero(settled < 0.5)[-1]
    width, gap = high - low, position[i + 1] - position[i]
    verdict = "unresolved" if width <= gap else "sudden" if width <= 0.4 else "gradual"
    ends = np.flatnonzero(settled < 0.1)[-1], np.flatnonzero(settled < 0.9)[-1] + 1
    bracket = {"before": int(steps[ends[0]]), "after": int(steps[ends[1]])}
    return {"step": 10**middle, **bracket, "width_decades": width, "verdict": verdict}
