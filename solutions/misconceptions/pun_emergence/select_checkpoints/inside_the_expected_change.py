"""The two steps around the expected change are taken from inside it: the first at or after its start and the last at or
before its end. You want the last before it and the first after it.

See hint 3.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    places = np.linspace(np.log10(positive[0]), np.log10(positive[-1]), count)
    nearest = np.abs(np.log10(positive)[:, None] - places).argmin(axis=0)
    before = min(step for step in steps if step >= expected[0])
    after = max(step for step in steps if step <= expected[1])
    untrained = [step for step in steps if step == 0]
    return sorted({*positive[nearest].tolist(), before, after, *untrained})
