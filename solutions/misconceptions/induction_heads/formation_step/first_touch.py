"""The first checkpoint at the threshold was taken, even if the next one is below it: that may be a flash. It has to be
there at the next checkpoint as well.

See hint 1.
"""


def formation_step(steps, scores, threshold):
    there = scores >= threshold
    formed = there
    found = {name: np.full(scores.shape[1], np.nan) for name in ("step", "before", "after")}
    for head in np.flatnonzero(formed.any(axis=0)):
        i = formed[:, head].argmax()
        low, high = scores[i - 1, head], scores[i, head]
        ends = np.log10(steps[i - 1 : i + 1])
        found["step"][head] = 10 ** (ends[0] + (threshold - low) / (high - low) * (ends[1] - ends[0]))
        found["before"][head], found["after"][head] = steps[i - 1], steps[i]
    return found
