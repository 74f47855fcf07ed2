"""A head that reaches the threshold at the very last checkpoint was counted. There is no next checkpoint to confirm it.

See hint 1.
"""


def formation_step(steps, scores, threshold):
    there = scores >= threshold
    formed = there & np.vstack([there[1:], np.ones_like(there[:1])])
    found = {name: np.full(scores.shape[1], np.nan) for name in ("step", "before", "after")}
    for head in np.flatnonzero(formed.any(axis=0)):
        i = formed[:, head].argmax()
        low, high = scores[i - 1, head], scores[i, head]
        ends = np.log10(steps[i - 1 : i + 1])
        found["step"][head] = 10 ** (ends[0] + (threshold - low) / (high - low) * (ends[1] - ends[0]))
        found["before"][head], found["after"][head] = steps[i - 1], steps[i]
    return found
