"""The pairs stand in one long axis. Keep a and b apart: shape (2, a, b).

See hint 2.
"""


def sum_directions(frequency, modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    angles = 2 * torch.pi * frequency / modulus * (residues[:, None] + residues).flatten()
    waves = torch.stack([angles.cos(), angles.sin()])
    return waves / waves.norm(dim=1, keepdim=True)
