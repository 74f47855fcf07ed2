"""The layers are counted from the end. Asked for is the place from the start, 0 for the embedding.

See hint 2.
"""


def emergence_layer(ranks, top=5):
    found = []
    for row in ranks:
        outside = np.flatnonzero(row > top)
        first = int(outside[-1]) + 1 if len(outside) else 0
        found.append(len(row) - 1 - first if first < len(row) else None)
    return found
