"""That is the first time the curve is past halfway. It may turn back; the transition is where it crosses for good.

See hint 1.
"""


def find_transition(steps, values):
    first, last = np.median(values[:3]), np.median(values[-3:])
    halfway = (first + last) / 2
    there = values >= halfway if last > first else values <= halfway
    i = np.flatnonzero(there)[0] - 1
    share = (halfway - values[i]) / (values[i + 1] - values[i])
    position = np.log10(steps[i]) + share * (np.log10(steps[i + 1]) - np.log10(steps[i]))
    return {"step": float(10**position), "before": int(steps[i]), "after": int(steps[i + 1])}
