"""Queries and keys are swapped: rows of a pattern are queries, columns are keys.

See hint 3.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    follows = torch.zeros_like(same)
    follows[:, :, 1:] = same[:, :, :-1]
    attention = (pattern.mT * follows[:, None]).sum(dim=-1).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
