"""The functions stand in the columns. Each row should be one function: transpose.

See hint 2.
"""


def fourier_basis(modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    rows = [torch.ones(modulus, dtype=torch.float64)]
    for k in range(1, modulus // 2 + 1):
        angles = 2 * torch.pi * k * residues / modulus
        rows += [angles.cos(), angles.sin()]
    return torch.nn.functional.normalize(torch.stack(rows), dim=1).T
