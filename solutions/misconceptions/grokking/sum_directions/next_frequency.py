"""That is the wave of the next frequency: frequency 1 goes once around the circle, so the angle of a sum s is 2 pi
frequency s / p.

See hint 2.
"""


def sum_directions(frequency, modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    angles = 2 * torch.pi * (frequency + 1) / modulus * (residues[:, None] + residues)
    waves = torch.stack([angles.cos(), angles.sin()])
    return waves / waves.norm(dim=(1, 2), keepdim=True)
