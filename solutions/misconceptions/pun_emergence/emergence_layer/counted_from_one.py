"""The layers are counted from 1. Entry 0 is the embedding, and is called 0.

See hint 2.
"""


def emergence_layer(ranks, top=5):
    found = []
    for row in ranks:
        outside = np.flatnonzero(row > top)
        first = int(outside[-1]) + 1 if len(outside) else 0
        found.append(first + 1 if first < len(row) else None)
    return found
