"""The same from numpy's fast Fourier transform: |F_k|^2 counts k and -k, which is twice what one of them holds."""


def embedding_spectrum(embedding, basis):
    transformed = np.fft.rfft(embedding.numpy().astype(float), axis=0)[1:]
    return 2 / len(embedding) * (np.abs(transformed) ** 2).sum(axis=1)
