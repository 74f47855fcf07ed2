"""That is the last checkpoint at which the curve is still below the threshold. The step asked for is the one after
it.

See hint 3.
"""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    def last_below(accuracy):
        below = np.flatnonzero(accuracy < threshold)
        if len(below) == len(steps) or (len(below) and below[-1] == len(steps) - 1):
            return None
        return int(steps[below[-1]]) if len(below) else int(steps[0])

    return last_below(train_accuracy), last_below(test_accuracy)
