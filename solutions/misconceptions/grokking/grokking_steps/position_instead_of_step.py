"""That is a position in the array. The answer is the training step at that position, steps[position].

See hint 2.
"""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    def settled(accuracy):
        below = np.flatnonzero(accuracy < threshold)
        first = int(below[-1]) + 1 if len(below) else 0
        return first if first < len(steps) else None

    return settled(train_accuracy), settled(test_accuracy)
