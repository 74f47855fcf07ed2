"""The spectrum is compared as if it summed to 1. Its entries are powers: divide by their sum, or compare with their
mean.

See hint 1.
"""


def key_frequencies(spectrum):
    return ((spectrum > 3 / len(spectrum)).nonzero().flatten() + 1).tolist()
