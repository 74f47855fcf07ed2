"""The same from the area under the Lorenz curve."""


def gini_coefficient(values):
    lorenz = np.concatenate([[0], np.cumsum(np.sort(values.numpy().astype(float)))])
    lorenz = lorenz / lorenz[-1]
    return float(1 - (lorenz[1:] + lorenz[:-1]).mean())
