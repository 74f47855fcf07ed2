"""That is 1 minus the coefficient: it should be 0 when all values are equal.

See hint 2.
"""


def gini_coefficient(values):
    x, n = values.double().sort().values, len(values)
    weights = 2 * torch.arange(1, n + 1) - n - 1
    return 1 - ((weights * x).sum() / (n * x.sum())).item()
