"""A category that is below the threshold at the end gets the last step. It never got there for good: None.

See hint 2.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] + 1 if len(below) else 0
        found.append((name, int(steps[min(first, len(steps) - 1)])))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
