"""The same by a running minimum from the end, returned as a list."""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    answers = []
    for accuracy in (train_accuracy, test_accuracy):
        worst_from_here = np.minimum.accumulate(np.asarray(accuracy)[::-1])[::-1]
        stays = np.flatnonzero(worst_from_here >= threshold)
        answers.append(int(steps[stays[0]]) if stays.size else None)
    return answers
