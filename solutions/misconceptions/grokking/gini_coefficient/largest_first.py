"""The values are sorted from the largest down, which turns the sign. Rank 1 is the smallest.

See hint 2.
"""


def gini_coefficient(values):
    x, n = values.double().sort(descending=True).values, len(values)
    weights = 2 * torch.arange(1, n + 1) - n - 1
    return ((weights * x).sum() / (n * x.sum())).item()
