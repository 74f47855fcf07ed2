"""The nearest step is taken on the axis of steps. On the axis of their logarithms, on which the places are spaced,
another step can be nearer.

See hint 2.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    places = np.linspace(np.log10(positive[0]), np.log10(positive[-1]), count)
    nearest = np.abs(positive[:, None] - 10**places).argmin(axis=0)
    before = max(step for step in steps if step <= expected[0])
    after = min(step for step in steps if step >= expected[1])
    untrained = [step for step in steps if step == 0]
    return sorted({*positive[nearest].tolist(), before, after, *untrained})
