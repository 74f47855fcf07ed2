"""The same from numpy's two-dimensional Fourier transform."""


def neuron_frequency(activations, basis):
    p = len(activations)
    power = np.abs(np.fft.fft2(activations.numpy().astype(float), axes=(0, 1))) ** 2
    power[0, 0] = 0
    shares = []
    for k in range(1, (p + 1) // 2):
        rows = np.array([0, k, p - k])
        shares.append(power[np.ix_(rows, rows)].sum(axis=(0, 1)) / power.sum(axis=(0, 1)))
    shares = np.stack(shares)
    return {"frequency": shares.argmax(axis=0) + 1, "share": shares.max(axis=0)}
