"""A target that is not among the first choices in the end has no such layer: that is None.

See hint 2.
"""


def emergence_layer(ranks, top=5):
    found = []
    for row in ranks:
        outside = np.flatnonzero(row > top)
        first = int(outside[-1]) + 1 if len(outside) else 0
        found.append(min(first, len(row) - 1))
    return found
