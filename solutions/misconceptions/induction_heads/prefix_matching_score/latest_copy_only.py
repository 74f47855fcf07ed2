"""Only the latest earlier copy was counted. Attention to the tokens after all earlier copies counts.

See hint 2.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    follows = torch.zeros_like(same)
    follows[:, :, 1:] = same[:, :, :-1]
    latest = follows & (follows.flip(-1).cumsum(dim=-1).flip(-1) == 1)
    attention = (pattern * latest[:, None]).sum(dim=-1).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
