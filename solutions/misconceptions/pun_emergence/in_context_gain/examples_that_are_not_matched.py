"""The non-puns are not those that match the puns of the context, so the two contexts differ in more than being puns. Use
the same examples in both.

See hint 1.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        possible = [i for i in order if targets[i] != target]
        for name, sentences in (("puns", puns), ("others", others)):
            chosen = possible[:shots] if name == "puns" else possible[-shots:]
            prompts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - found["others"]}
