"""The interpolation is linear in the step. On a log-step axis it is linear in the logarithm of the step.

See hint 3.
"""


def find_transition(steps, values):
    first, last = np.median(values[:3]), np.median(values[-3:])
    halfway = (first + last) / 2
    there = values >= halfway if last > first else values <= halfway
    i = np.flatnonzero(~there)[-1]
    share = (halfway - values[i]) / (values[i + 1] - values[i])
    position = np.log10(steps[i] + share * (steps[i + 1] - steps[i]))
    return {"step": float(10**position), "before": int(steps[i]), "after": int(steps[i + 1])}
