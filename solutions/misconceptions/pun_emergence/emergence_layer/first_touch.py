"""That is the first layer at which the target is among the first choices. It can drop out again: look for the layer from
which it stays.

See hint 1.
"""


def emergence_layer(ranks, top=5):
    found = []
    for row in ranks:
        inside = np.flatnonzero(row <= top)
        found.append(int(inside[0]) if len(inside) else None)
    return found
