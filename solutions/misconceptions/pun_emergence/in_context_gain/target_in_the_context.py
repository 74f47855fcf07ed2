"""Some examples end in the very target that is asked for, so a model need only copy it. Leave puns with the same target
out.

See hint 2.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k in range(len(targets)):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = order[:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            prompts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - found["others"]}
