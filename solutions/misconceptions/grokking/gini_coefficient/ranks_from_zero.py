"""The ranks are counted from 0. The formula counts them from 1.

See hint 2.
"""


def gini_coefficient(values):
    x, n = values.double().sort().values, len(values)
    weights = 2 * torch.arange(n) - n - 1
    return ((weights * x).sum() / (n * x.sum())).item()
