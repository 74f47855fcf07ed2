"""The angles lack the factor 2 pi: k a / p is a share of a turn, and cos takes radians.

See hint 1.
"""


def fourier_basis(modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    rows = [torch.ones(modulus, dtype=torch.float64)]
    for k in range(1, modulus // 2 + 1):
        angles = k * residues / modulus
        rows += [angles.cos(), angles.sin()]
    return torch.nn.functional.normalize(torch.stack(rows), dim=1)
