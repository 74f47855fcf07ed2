"""The even share is taken as 1/p. There are (p - 1)/2 frequencies, and each would have 1 part in that many.

See hint 3.
"""


def key_frequencies(spectrum):
    p = 2 * len(spectrum) + 1
    return ((spectrum / spectrum.sum() > 3 / p).nonzero().flatten() + 1).tolist()
