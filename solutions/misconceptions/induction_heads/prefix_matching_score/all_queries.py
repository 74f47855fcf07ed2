"""All queries were averaged over. A token without an earlier copy has nothing to match and does not count.

See hint 2.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    follows = torch.zeros_like(same)
    follows[:, :, 1:] = same[:, :, :-1]
    return (pattern * follows[:, None]).sum(dim=-1).mean(dim=(0, 2))
