"""The sum was divided by the number of all positions. Position 0 has nothing before it and does not count.

See hint 2.
"""


def previous_token_score(pattern):
    return pattern.diagonal(offset=-1, dim1=-2, dim2=-1).sum(dim=2).mean(dim=0) / pattern.shape[-1]
