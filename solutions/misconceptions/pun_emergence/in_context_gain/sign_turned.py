"""The sign is turned: a gain is the score after puns minus that after non-puns.

See hint 2.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            prompts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["others"] - found["puns"]}
