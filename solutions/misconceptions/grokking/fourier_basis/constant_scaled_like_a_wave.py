"""The constant is scaled by sqrt(2/p) like the waves. Its squares sum to p, not p/2, so its entries are 1/sqrt(p).

See hint 3.
"""


def fourier_basis(modulus):
    residues = torch.arange(modulus, dtype=torch.float64)
    rows = [torch.ones(modulus, dtype=torch.float64)]
    for k in range(1, modulus // 2 + 1):
        angles = 2 * torch.pi * k * residues / modulus
        rows += [angles.cos(), angles.sin()]
    return torch.stack(rows) * (2 / modulus) ** 0.5
