"""The attention on matching keys was averaged. A token may have several earlier copies, and the attention on all of them
counts together: sum over keys.

See hint 2.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    follows = torch.zeros_like(same)
    follows[:, :, 1:] = same[:, :, :-1]
    attention = ((pattern * follows[:, None]).sum(dim=-1) / follows.sum(dim=-1).clamp_min(1)[:, None]).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
