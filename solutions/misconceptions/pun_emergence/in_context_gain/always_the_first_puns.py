"""The examples are the first puns of the list for every pun. Begin after the pun itself, so that each pun has other
examples.

See hint 2.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [i for i in range(len(targets)) if i != k]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            prompts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - found["others"]}
