"""One pun at a time, with a list that is turned."""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    rows = []
    for k in range(len(setups)):
        turned = [(k + n) % len(setups) for n in range(1, len(setups))]
        examples = [i for i in turned if targets[i] != targets[k]][:shots]
        before = [separator.join([*(texts[i] for i in examples), setups[k]]) for texts in (puns, others)]
        rows.append(score(before, [targets[k], targets[k]]))
    first, second = np.array(rows).T
    return {"gain": first - second, "others": second, "puns": first}
