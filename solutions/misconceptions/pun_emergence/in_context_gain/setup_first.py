"""The setup stands before the examples. The model is asked for what comes at the end: put the setup last.

See hint 3.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            prompts[name].append(separator.join([setups[k], *(sentences[i] for i in chosen)]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - found["others"]}
