"""A rank equal to top counts as among the first choices: rank 5 is in the top 5.

See hint 2.
"""


def emergence_layer(ranks, top=5):
    found = []
    for row in ranks:
        outside = np.flatnonzero(row >= top)
        first = int(outside[-1]) + 1 if len(outside) else 0
        found.append(first if first < len(row) else None)
    return found
