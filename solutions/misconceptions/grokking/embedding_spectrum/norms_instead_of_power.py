"""These are norms, not powers: power is the sum of squares, without the square root.

See hint 2.
"""


def embedding_spectrum(embedding, basis):
    return (basis @ embedding).square().sum(dim=1)[1:].reshape(-1, 2).sum(dim=1).sqrt()
