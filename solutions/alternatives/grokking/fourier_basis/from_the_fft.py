"""The same from numpy's discrete Fourier transform of the identity, in another order and in float64."""


def fourier_basis(modulus):
    waves = np.fft.fft(np.eye(modulus))[: modulus // 2 + 1]
    rows = np.concatenate([waves.real, waves.imag[1:]])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
