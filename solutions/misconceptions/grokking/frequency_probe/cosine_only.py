"""Only the cosine is probed. Both cosine and sine are needed to know the angle, and R^2 is over both.

See hint 2.
"""


def frequency_probe(train_activations, train_sums, test_activations, test_sums, frequency, modulus):
    def targets(sums):
        angles = 2 * torch.pi * frequency * sums.double() / modulus
        return torch.stack([angles.cos()], dim=1)

    def with_ones(activations):
        return torch.cat([activations.double(), torch.ones(len(activations), 1, dtype=torch.float64)], dim=1)

    fit = torch.linalg.lstsq(with_ones(train_activations), targets(train_sums), driver="gelsy").solution
    wanted = targets(test_sums)
    errors = wanted - with_ones(test_activations) @ fit
    return 1 - (errors.square().sum() / (wanted - wanted.mean(dim=0)).square().sum()).item()
