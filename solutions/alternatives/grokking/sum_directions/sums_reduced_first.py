"""The same with the sums reduced modulo p first, in float32, the sine first and with the other sign."""


def sum_directions(frequency, modulus):
    sums = (torch.arange(modulus)[:, None] + torch.arange(modulus)) % modulus
    angles = (2 * torch.pi * ((frequency * sums) % modulus) / modulus).float()
    return torch.stack([-angles.sin(), angles.cos()]) * 2**0.5 / modulus
