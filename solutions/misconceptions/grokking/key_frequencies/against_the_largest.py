"""The comparison is with the largest power, so that something is key in any spectrum. The rule compares with an even
share.

See hint 1.
"""


def key_frequencies(spectrum):
    return ((spectrum > spectrum.max() / 3).nonzero().flatten() + 1).tolist()
