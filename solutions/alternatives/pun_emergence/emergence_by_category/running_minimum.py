"""With the least share from each step on."""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    names = np.array(categories)
    found = {}
    for name in np.unique(names):
        share = completed[names == name].mean(axis=0)
        place = int((np.minimum.accumulate(share[::-1])[::-1] < threshold).sum())
        found[str(name)] = int(steps[place]) if place < len(steps) else None
    order = sorted(found, key=lambda name: (math.inf if found[name] is None else found[name], name))
    return [(name, found[name]) for name in order]
