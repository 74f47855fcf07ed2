"""The same with a loop over powers, returned as a set."""


def key_frequencies(spectrum):
    even = float(spectrum.sum()) / len(spectrum)
    return {frequency for frequency, power in enumerate(spectrum.tolist(), start=1) if power > 3 * even}
