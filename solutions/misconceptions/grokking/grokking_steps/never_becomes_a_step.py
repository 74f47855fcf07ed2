"""A curve that ends below the threshold has no such step, and the answer for it is None. argmax and the like return a
step all the same.

See hint 3.
"""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    def settled(accuracy):
        stays = np.array([np.all(accuracy[i:] >= threshold) for i in range(len(accuracy))])
        return int(steps[np.argmax(stays)])

    return settled(train_accuracy), settled(test_accuracy)
