"""That is the first step at which a category reaches the threshold. It can fall back: look for the step from which it
stays.

See hint 1.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        above = np.flatnonzero(share >= threshold)
        found.append((name, int(steps[above[0]]) if len(above) else None))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
