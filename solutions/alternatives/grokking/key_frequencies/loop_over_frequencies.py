"""The same with a loop over frequencies, returned as a set."""


def key_frequencies(embedding, basis):
    powers = {}
    for frequency in range(1, len(basis) // 2 + 1):
        waves = basis[2 * frequency - 1 : 2 * frequency + 1]
        powers[frequency] = float((waves @ embedding).norm() ** 2)
    even = sum(powers.values()) / len(powers)
    return {frequency for frequency, power in powers.items() if power > 3 * even}
