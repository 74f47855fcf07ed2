"""Each row was scaled to length 1. One direction is one vector of p * p entries: its length is over both a and b.

See hint 2.
"""


def sum_directions(frequency, modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    angles = 2 * torch.pi * frequency / modulus * (residues[:, None] + residues)
    waves = torch.stack([angles.cos(), angles.sin()])
    return waves / waves.norm(dim=2, keepdim=True)
