"""That is the middle of the bracket. Where in it the curve is halfway depends on the two values: interpolate.

See hint 3.
"""


def find_transition(steps, values):
    first, last = np.median(values[:3]), np.median(values[-3:])
    halfway = (first + last) / 2
    there = values >= halfway if last > first else values <= halfway
    i = np.flatnonzero(~there)[-1]
    position = (np.log10(steps[i]) + np.log10(steps[i + 1])) / 2
    return {"step": float(10**position), "before": int(steps[i]), "after": int(steps[i + 1])}
