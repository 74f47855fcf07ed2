"""The comparison is with the median. An even share is the mean, which the key frequencies themselves raise.

See hint 1.
"""


def key_frequencies(spectrum):
    return ((spectrum > 3 * spectrum.median()).nonzero().flatten() + 1).tolist()
