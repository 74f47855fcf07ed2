"""The same with an outer product of frequencies and residues, in float32, with sines that have the other sign."""


def fourier_basis(modulus):
    angles = 2 * torch.pi * torch.outer(torch.arange(1, modulus // 2 + 1), torch.arange(modulus)) / modulus
    waves = torch.stack([angles.cos(), -angles.sin()], dim=1).reshape(-1, modulus) * (2 / modulus) ** 0.5
    return torch.cat([torch.full((1, modulus), modulus**-0.5), waves])
