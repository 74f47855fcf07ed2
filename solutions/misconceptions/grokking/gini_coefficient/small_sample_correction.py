"""That is the version with the factor n / (n - 1). The docstring's formula has no such factor, so that one of n with
everything gives (n - 1) / n.

See hint 2.
"""


def gini_coefficient(values):
    x, n = values.double().sort().values, len(values)
    weights = 2 * torch.arange(1, n + 1) - n - 1
    return ((weights * x).sum() / ((n - 1) * x.sum())).item()
