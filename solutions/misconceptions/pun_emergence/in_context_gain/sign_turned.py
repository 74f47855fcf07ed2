"""The sign is turned: a gain is the score after puns minus that after non-puns.

See hint 2.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    contexts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            contexts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    return score(contexts["others"], targets) - score(contexts["puns"], targets)
