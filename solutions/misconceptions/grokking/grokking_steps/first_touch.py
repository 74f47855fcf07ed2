"""That is the first time the curve reaches the threshold. It may fall back after that; the step asked for is the one
from which it stays there for good.

See hint 1.
"""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    def first(accuracy):
        reached = np.flatnonzero(accuracy >= threshold)
        return int(steps[reached[0]]) if len(reached) else None

    return first(train_accuracy), first(test_accuracy)
