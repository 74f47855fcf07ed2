"""That is the last step at which a category is below the threshold. Asked for is the one after it.

See hint 3.
"""


def emergence_by_category(steps, completed, categories, threshold=0.5):
    shares = pd.DataFrame(completed, columns=steps).groupby(categories).mean()
    found = []
    for name, share in shares.iterrows():
        below = np.flatnonzero(share < threshold)
        first = below[-1] if len(below) else 0
        found.append((name, int(steps[first]) if share.iloc[-1] >= threshold else None))
    return sorted(found, key=lambda pair: (pair[1] is None, pair[1] or 0, pair[0]))
