"""The two steps are in the wrong order: first memorisation, from the training accuracy, then generalisation, from the
test accuracy.

See hint 2.
"""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    def settled(accuracy):
        below = np.flatnonzero(accuracy < threshold)
        first = below[-1] + 1 if len(below) else 0
        return int(steps[first]) if first < len(steps) else None

    return settled(test_accuracy), settled(train_accuracy)
