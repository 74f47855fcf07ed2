"""The places are evenly spaced in steps, which leaves one or two for the first tenth of training. Space them in the
logarithm of the step.

See hint 1.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    places = np.log10(np.linspace(positive[0], positive[-1], count))
    nearest = np.abs(np.log10(positive)[:, None] - places).argmin(axis=0)
    before = max(step for step in steps if step <= expected[0])
    after = min(step for step in steps if step >= expected[1])
    untrained = [step for step in steps if step == 0]
    return sorted({*positive[nearest].tolist(), before, after, *untrained})
