"""The constant function is part of the total. Leave it out of the shares: the mean of the embedding would hide every
frequency.

See hint 1.
"""


def key_frequencies(embedding, basis):
    row_power = (basis @ embedding).square().sum(dim=1)
    power = row_power[1:].reshape(-1, 2).sum(dim=1)
    return ((power / row_power.sum() > 3 / len(power)).nonzero().flatten() + 1).tolist()
