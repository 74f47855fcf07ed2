"""The same as the mean absolute difference of all pairs over twice the mean."""


def gini_coefficient(values):
    x = values.numpy().astype(float)
    return np.abs(x[:, None] - x).mean() / (2 * x.mean())
