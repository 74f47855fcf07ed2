"""The frequencies are counted from 0. The first entry of the spectrum belongs to frequency 1, so add 1 to a position.

See hint 2.
"""


def key_frequencies(spectrum):
    return (spectrum > 3 * spectrum.mean()).nonzero().flatten().tolist()
