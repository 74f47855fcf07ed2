"""The diagonal above was read, where the key comes after the query: a causal head is 0 there. Rows are queries: the key
before is at offset -1.

See hint 3.
"""


def previous_token_score(pattern):
    return pattern.diagonal(offset=1, dim1=-2, dim2=-1).mean(dim=(0, 2))
