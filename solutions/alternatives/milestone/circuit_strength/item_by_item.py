"""Item by item, cut to its own length, with a list of numbers."""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    found = []
    for i, last in enumerate(asked.last.tolist()):
        prompt, contrast = asked.prompts[i : i + 1, : last + 1], asked.contrasts[i : i + 1, : last + 1]
        before = logits(model, prompt)[0, -1]
        after = path_patch(model, prompt, contrast, tuple(parts[name] for name in circuit))[0, -1]
        fall = (before - after).double()
        found.append(float(fall[asked.targets[i]] - fall[asked.foils[i]]))
    return np.array(found)
