"""The heads were averaged too. Each head has a score of its own.

See hint 2.
"""


def previous_token_score(pattern):
    return pattern.diagonal(offset=-1, dim1=-2, dim2=-1).mean()
