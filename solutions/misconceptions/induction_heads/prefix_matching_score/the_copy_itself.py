"""That is the attention to the earlier copy itself. An induction head attends to the token after it, one to the right.

See hint 1.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    attention = (pattern * same[:, None]).sum(dim=-1).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
