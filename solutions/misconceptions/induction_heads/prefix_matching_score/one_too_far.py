"""The table was moved by two: that is the second token after an earlier copy. An induction head attends to the first.

See hint 3.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    follows = torch.zeros_like(same)
    follows[:, :, 2:] = same[:, :, :-2]
    attention = (pattern * follows.tril()[:, None]).sum(dim=-1).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
