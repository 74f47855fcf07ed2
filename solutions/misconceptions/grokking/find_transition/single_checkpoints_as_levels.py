"""The levels are the first and the last value alone, which hang on the noise of one checkpoint. Take medians of three.

See hint 1.
"""


def find_transition(steps, values):
    first, last = values[0], values[-1]
    halfway = (first + last) / 2
    there = values >= halfway if last > first else values <= halfway
    i = np.flatnonzero(~there)[-1]
    share = (halfway - values[i]) / (values[i + 1] - values[i])
    position = np.log10(steps[i]) + share * (np.log10(steps[i + 1]) - np.log10(steps[i]))
    return {"step": float(10**position), "before": int(steps[i]), "after": int(steps[i + 1])}
