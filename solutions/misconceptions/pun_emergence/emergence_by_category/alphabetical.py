"""The categories come in alphabetical order. Asked for is the order in which they emerge.

See hint 2.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] + 1 if len(below) else 0
        found.append((name, int(steps[first]) if first < len(steps) else None))
    return found
