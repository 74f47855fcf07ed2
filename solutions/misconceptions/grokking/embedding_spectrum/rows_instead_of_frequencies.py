"""There is a value for each row of the basis. Rows 2k - 1 and 2k both belong to frequency k: add their powers.

See hint 2.
"""


def embedding_spectrum(embedding, basis):
    return (basis @ embedding).square().sum(dim=1)[1:]
