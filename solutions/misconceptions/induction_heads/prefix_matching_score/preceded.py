"""That is the attention to the token before an earlier copy. An induction head attends to the token that follows it.

See hint 1.
"""


def prefix_matching_score(pattern, tokens):
    same = (tokens[:, :, None] == tokens[:, None, :]).tril(-1)
    precedes = torch.zeros_like(same)
    precedes[:, :, :-1] = same[:, :, 1:]
    attention = (pattern * precedes[:, None]).sum(dim=-1).transpose(0, 1)
    return attention[:, same.any(dim=-1)].mean(dim=1)
