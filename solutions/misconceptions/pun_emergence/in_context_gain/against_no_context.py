"""The gain is measured against no context at all. Any text before a setup changes what a model expects: compare with
non-puns of the same length.

See hint 1.
"""


def in_context_gain(setups, targets, puns, others, shots, separator, score):
    prompts = {"puns": [], "others": []}
    for k, target in enumerate(targets):
        order = [*range(k + 1, len(targets)), *range(k)]
        chosen = [i for i in order if targets[i] != target][:shots]
        for name, sentences in (("puns", puns), ("others", others)):
            prompts[name].append(separator.join([*(sentences[i] for i in chosen), setups[k]]))
    found = {name: score(texts, targets) for name, texts in prompts.items()}
    return {**found, "gain": found["puns"] - score(setups, targets)}
