"""That is the attention two positions back. The token before is one back.

See hint 3.
"""


def previous_token_score(pattern):
    return pattern.diagonal(offset=-2, dim1=-2, dim2=-1).mean(dim=(0, 2))
