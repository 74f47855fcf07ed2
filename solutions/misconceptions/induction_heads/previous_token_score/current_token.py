"""That is the attention from each position to itself, the diagonal. The token before stands one to its left: offset -1.

See hint 3.
"""


def previous_token_score(pattern):
    return pattern.diagonal(offset=0, dim1=-2, dim2=-1).mean(dim=(0, 2))
