"""The frequencies are counted from 0. The first pair of waves in the basis has frequency 1, so add 1 to a position.

See hint 2.
"""


def key_frequencies(embedding, basis):
    power = (basis @ embedding).square().sum(dim=1)[1:].reshape(-1, 2).sum(dim=1)
    return (power / power.sum() > 3 / len(power)).nonzero().flatten().tolist()
