"""The same in numpy and float64, returned as an array of integers."""


def key_frequencies(embedding, basis):
    coefficients = basis.numpy().astype(float) @ embedding.numpy().astype(float)
    cosines, sines = coefficients[1::2], coefficients[2::2]
    power = (cosines**2).sum(axis=1) + (sines**2).sum(axis=1)
    return 1 + np.flatnonzero(power > 3 * power.mean())
