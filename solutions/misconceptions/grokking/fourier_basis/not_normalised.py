"""The functions are right but not scaled to length 1, so the basis is orthogonal and not orthonormal.

See hint 3.
"""


def fourier_basis(modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    rows = [torch.ones(modulus, dtype=torch.float64)]
    for k in range(1, modulus // 2 + 1):
        angles = 2 * torch.pi * k * residues / modulus
        rows += [angles.cos(), angles.sin()]
    return torch.stack(rows)
