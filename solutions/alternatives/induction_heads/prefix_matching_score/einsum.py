"""One einsum for the sum over keys and queries, divided by the number of queries that count."""


def prefix_matching_score(pattern, tokens):
    before = torch.cat([torch.full_like(tokens[:, :1], -1), tokens[:, :-1]], dim=1)
    matching = (before[:, None, :] == tokens[:, :, None]).tril()
    counted = matching.any(dim=-1).sum()
    return torch.einsum("bhqk,bqk->h", pattern, matching.to(pattern.dtype)) / counted
