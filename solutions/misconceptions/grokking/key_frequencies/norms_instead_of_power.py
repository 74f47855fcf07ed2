"""The shares are of norms, not of power. Power is the sum of squares, without the square root.

See hint 1.
"""


def key_frequencies(embedding, basis):
    norms = (basis @ embedding).square().sum(dim=1)[1:].reshape(-1, 2).sum(dim=1).sqrt()
    return ((norms / norms.sum() > 3 / len(norms)).nonzero().flatten() + 1).tolist()
