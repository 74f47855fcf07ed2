"""These are the evenly spaced places themselves. A checkpoint that nobody saved cannot be opened: take the nearest
existing step to each.

See hint 2.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    places = np.linspace(np.log10(positive[0]), np.log10(positive[-1]), count)
    before = max(step for step in steps if step <= expected[0])
    after = min(step for step in steps if step >= expected[1])
    untrained = [step for step in steps if step == 0]
    return sorted({*(10**places).round().astype(int).tolist(), before, after, *untrained})
