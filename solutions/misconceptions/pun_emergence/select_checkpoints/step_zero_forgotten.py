"""Step 0 is missing. A logarithm has no place for it, so it has to be added: the untrained model is what every curve is
compared with.

See hint 2.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    places = np.linspace(np.log10(positive[0]), np.log10(positive[-1]), count)
    nearest = np.abs(np.log10(positive)[:, None] - places).argmin(axis=0)
    before = max(step for step in steps if step <= expected[0])
    after = min(step for step in steps if step >= expected[1])
    return sorted({*positive[nearest].tolist(), before, after})
