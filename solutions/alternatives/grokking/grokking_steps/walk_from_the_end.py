"""The same with a loop from the end, in plain Python."""


def grokking_steps(steps, train_accuracy, test_accuracy, threshold=0.99):
    answers = []
    for accuracy in (train_accuracy, test_accuracy):
        answer = None
        for step, value in zip(reversed(list(steps)), reversed(list(accuracy)), strict=True):
            if value < threshold:
                break
            answer = int(step)
        answers.append(answer)
    return tuple(answers)
