"""The checkpoints around the expected change are not among them. Without one before and one after it you could not see
it at all.

See hint 1.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    places = np.linspace(np.log10(positive[0]), np.log10(positive[-1]), count)
    nearest = np.abs(np.log10(positive)[:, None] - places).argmin(axis=0)
    untrained = [step for step in steps if step == 0]
    return sorted({*positive[nearest].tolist(), *untrained})
