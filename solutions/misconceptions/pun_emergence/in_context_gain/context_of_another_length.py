"""The two contexts differ in length: one example more is given with puns than with non-puns. Use as many of each, and
the matched ones.

See hint 1.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            used = chosen if name == "puns" else chosen[1:]
            prompts[name].append(separator.join([*(sentences[i] for i in used), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - found["others"]}
