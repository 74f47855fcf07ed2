"""The values are not sorted: the weights go by rank, from the smallest to the largest.

See hint 1.
"""


def gini_coefficient(values):
    x, n = values.double(), len(values)
    weights = 2 * torch.arange(1, n + 1) - n - 1
    return ((weights * x).sum() / (n * x.sum())).item()
