"""The factor n is missing from the denominator.

See hint 3.
"""


def gini_coefficient(values):
    x, n = values.double().sort().values, len(values)
    weights = 2 * torch.arange(1, n + 1) - n - 1
    return ((weights * x).sum() / x.sum()).item()
