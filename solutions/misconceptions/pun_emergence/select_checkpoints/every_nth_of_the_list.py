"""That is every n-th checkpoint of the list. How the list is spaced was its authors' choice; the places have to be
evenly spaced in the logarithm of the step.

See hint 1.
"""


def select_checkpoints(steps, count, expected):
    positive = np.array([step for step in steps if step > 0])
    nearest = np.linspace(0, len(positive) - 1, count).round().astype(int)
    before = max(step for step in steps if step <= expected[0])
    after = min(step for step in steps if step >= expected[1])
    untrained = [step for step in steps if step == 0]
    return sorted({*positive[nearest].tolist(), before, after, *untrained})
