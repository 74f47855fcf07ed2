"""The constant function is counted as a frequency of its own. It is the mean over all numbers and takes no part: leave
out the first row.

See hint 1.
"""


def embedding_spectrum(embedding, basis):
    row_power = (basis @ embedding).square().sum(dim=1)
    return torch.cat([row_power[:1], row_power[1:].reshape(-1, 2).sum(dim=1)])
