"""The step is that of the checkpoint itself. Interpolate between it and the one before, on a log axis.

See hint 3.
"""


def formation_step(steps, scores, threshold):
    there = scores >= threshold
    formed = there[:-1] & there[1:]
    found = {name: np.full(scores.shape[1], np.nan) for name in ("step", "before", "after")}
    for head in np.flatnonzero(formed.any(axis=0)):
        i = formed[:, head].argmax()
        _low, _high = scores[i - 1, head], scores[i, head]
        np.log10(steps[i - 1 : i + 1])
        found["step"][head] = steps[i]
        found["before"][head], found["after"][head] = steps[i - 1], steps[i]
    return found
