"""A value equal to the threshold counts as reached: at or above, not above.

See hint 2.
"""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    def settled(accuracy):
        not_above = np.flatnonzero(accuracy <= threshold)
        first = not_above[-1] + 1 if len(not_above) else 0
        return int(steps[first]) if first < len(steps) else None

    return settled(train_accuracy), settled(test_accuracy)
