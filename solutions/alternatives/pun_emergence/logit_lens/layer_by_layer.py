"""One layer at a time, with the rank from a sort."""


def logit_lens(residual, final_norm, unembed, target):
    probability, rank = [], []
    for stream in residual:
        log_p = unembed(final_norm(stream[None]))[0].log_softmax(dim=0)
        probability.append(log_p[target].exp().item())
        rank.append(log_p.argsort(descending=True).tolist().index(target) + 1)
    return {"probability": probability, "rank": rank}
