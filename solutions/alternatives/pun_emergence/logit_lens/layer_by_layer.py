"""One layer and one pun at a time, with the rank from a sort."""


def logit_lens(residual, final_norm, unembed, targets):
    probability, rank = torch.zeros(residual.shape[:2]), torch.zeros(residual.shape[:2], dtype=torch.long)
    for layer, streams in enumerate(residual):
        for pun, stream in enumerate(streams):
            log_p = unembed(final_norm(stream[None]))[0].log_softmax(dim=0)
            probability[layer, pun] = log_p[targets[pun]].exp()
            rank[layer, pun] = log_p.argsort(descending=True).tolist().index(int(targets[pun])) + 1
    return {"probability": probability, "rank": rank}
