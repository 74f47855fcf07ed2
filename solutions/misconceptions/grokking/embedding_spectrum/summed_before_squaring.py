"""The coefficients are added up before they are squared, so that those of opposite sign cancel. Square each, then sum.

See hint 1.
"""


def embedding_spectrum(embedding, basis):
    return (basis @ embedding).sum(dim=1)[1:].square().reshape(-1, 2).sum(dim=1)
