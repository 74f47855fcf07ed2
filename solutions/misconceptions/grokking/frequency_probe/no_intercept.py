"""The probe has no intercept. Neurons are not zero on average, and without a constant the fit has to pay for that.

See hint 1.
"""


def frequency_probe(train_activations, train_sums, test_activations, test_sums, frequency, modulus):
    def targets(sums):
        angles = 2 * torch.pi * frequency * sums.double() / modulus
        return torch.stack([angles.cos(), angles.sin()], dim=1)

    def with_ones(activations):
        return activations.double()

    fit = torch.linalg.lstsq(with_ones(train_activations), targets(train_sums), driver="gelsy").solution
    wanted = targets(test_sums)
    errors = wanted - with_ones(test_activations) @ fit
    return 1 - (errors.square().sum() / (wanted - wanted.mean(dim=0)).square().sum()).item()
