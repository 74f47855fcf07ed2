"""Categories that never get there are left out. They belong in the list, last, with None: that is a finding too.

See hint 2.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] + 1 if len(below) else 0
        found.append((name, int(steps[first]) if first < len(steps) else None))
    found = [pair for pair in found if pair[1] is not None]
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
