"""The rank counts from 0. The first choice has rank 1.

See hint 2.
"""


def logit_lens(residual, final_norm, unembed, targets):
    logits = unembed(final_norm(residual)).double()
    own = targets.expand(len(residual), -1)[..., None]
    probability = logits.softmax(dim=-1).gather(-1, own)[..., 0]
    rank = (logits > logits.gather(-1, own)).sum(dim=-1)
    return {"probability": probability, "rank": rank}
