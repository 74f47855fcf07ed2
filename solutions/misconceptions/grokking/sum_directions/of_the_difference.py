"""These are waves of a - b. The network has to add: cos of w (a + b).

See hint 1.
"""


def sum_directions(frequency, modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    angles = 2 * torch.pi * frequency / modulus * (residues[:, None] - residues)
    waves = torch.stack([angles.cos(), angles.sin()])
    return waves / waves.norm(dim=(1, 2), keepdim=True)
