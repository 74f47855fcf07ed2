"""The threshold is compared with a number of puns. Categories have different sizes: compare shares.

See hint 1.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).sum()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] + 1 if len(below) else 0
        found.append((name, int(steps[first]) if first < len(steps) else None))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
