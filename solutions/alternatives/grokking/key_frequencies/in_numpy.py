"""The same in numpy and float64, returned as an array of integers."""


def key_frequencies(spectrum):
    power = spectrum.numpy().astype(float)
    return 1 + np.flatnonzero(power / power.sum() > 3 / len(power))
