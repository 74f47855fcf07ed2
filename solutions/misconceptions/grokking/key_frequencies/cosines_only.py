"""Only the cosines are counted. A wave that starts elsewhere falls on the sine, so the power of a frequency is that
of both together.

See hint 3.
"""


def key_frequencies(embedding, basis):
    power = (basis @ embedding).square().sum(dim=1)[1::2]
    return ((power / power.sum() > 3 / len(power)).nonzero().flatten() + 1).tolist()
