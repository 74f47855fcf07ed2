"""That is the last layer at which the target is not among them. Asked for is the one after it.

See hint 3.
"""


def emergence_layer(ranks, top=5):
    found = []
    for row in ranks:
        outside = np.flatnonzero(row > top)
        first = int(outside[-1]) if len(outside) else 0
        found.append(first if first < len(row) else None)
    return found
