"""These are shares, which sum to 1. What is asked for is the power itself.

See hint 2.
"""


def embedding_spectrum(embedding, basis):
    power = (basis @ embedding).square().sum(dim=1)[1:].reshape(-1, 2).sum(dim=1)
    return power / power.sum()
