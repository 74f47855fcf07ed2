"""The bracket holds positions in the array. It should hold the steps at these positions.

See hint 2.
"""


def find_transition(steps, values):
    first, last = np.median(values[:3]), np.median(values[-3:])
    halfway = (first + last) / 2
    there = values >= halfway if last > first else values <= halfway
    i = np.flatnonzero(~there)[-1]
    share = (halfway - values[i]) / (values[i + 1] - values[i])
    position = np.log10(steps[i]) + share * (np.log10(steps[i + 1]) - np.log10(steps[i]))
    return {"step": float(10**position), "before": int(i), "after": int(i + 1)}
