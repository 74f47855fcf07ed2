"""These are positions in the list of checkpoints. Asked for are training steps.

See hint 2.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] + 1 if len(below) else 0
        found.append((name, int(first) if first < len(steps) else None))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
