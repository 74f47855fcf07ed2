"""These are cos(w a) cos(w b) and sin(w a) sin(w b). cos(w (a + b)) is their difference, and sin(w (a + b)) needs the
mixed products.

See hint 1.
"""


def sum_directions(frequency, modulus):
    angles = 2 * torch.pi * frequency / modulus * torch.arange(modulus, dtype=torch.float64)
    waves = torch.stack([torch.outer(angles.cos(), angles.cos()), torch.outer(angles.sin(), angles.sin())])
    return waves / waves.norm(dim=(1, 2), keepdim=True)
