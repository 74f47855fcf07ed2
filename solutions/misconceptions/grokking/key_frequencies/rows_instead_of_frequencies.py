"""These are rows of the basis. Rows 2k - 1 and 2k both belong to frequency k: add their power before you compare, and
return k.

See hint 2.
"""


def key_frequencies(embedding, basis):
    power = (basis @ embedding).square().sum(dim=1)[1:]
    return ((power / power.sum() > 3 / len(power)).nonzero().flatten() + 1).tolist()
