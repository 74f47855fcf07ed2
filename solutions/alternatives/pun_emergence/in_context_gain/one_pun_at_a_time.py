"""One pun at a time, with a list that is turned."""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    gains = []
    for k in range(len(setups)):
        turned = [(k + n) % len(setups) for n in range(1, len(setups))]
        examples = [i for i in turned if targets[i] != targets[k]][:shots]
        before = [separator.join([*(texts[i] for i in examples), setups[k]]) for texts in (puns, others)]
        first, second = score(before, [targets[k], targets[k]])
        gains.append(first - second)
    return np.array(gains)
