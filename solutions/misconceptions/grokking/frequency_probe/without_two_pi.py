"""The angles lack the factor 2 pi: frequency times sum over modulus is a share of a turn, and cos takes radians.

See hint 1.
"""


def frequency_probe(train_activations, train_sums, test_activations, test_sums, frequency, modulus):
    def targets(sums):
        angles = frequency * sums.double() / modulus
        return torch.stack([angles.cos(), angles.sin()], dim=1)

    def with_ones(activations):
        return torch.cat([activations.double(), torch.ones(len(activations), 1, dtype=torch.float64)], dim=1)

    fit = torch.linalg.lstsq(with_ones(train_activations), targets(train_sums), driver="gelsy").solution
    wanted = targets(test_sums)
    errors = wanted - with_ones(test_activations) @ fit
    return 1 - (errors.square().sum() / (wanted - wanted.mean(dim=0)).square().sum()).item()
