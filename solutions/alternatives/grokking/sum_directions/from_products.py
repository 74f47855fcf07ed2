"""The same from the addition theorems, out of products of waves of a and of b."""


def sum_directions(frequency, modulus):
    angles = 2 * np.pi * frequency * np.arange(modulus) / modulus
    cos, sin = np.cos(angles), np.sin(angles)
    first = np.outer(cos, cos) - np.outer(sin, sin)
    second = np.outer(sin, cos) + np.outer(cos, sin)
    return np.stack([first, second]) * np.sqrt(2) / modulus
