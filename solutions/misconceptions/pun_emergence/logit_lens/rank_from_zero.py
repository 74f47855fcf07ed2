"""The rank counts from 0. The first choice has rank 1.

See hint 2.
"""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(final_norm(residual)).double()
    probability = logits.softmax(dim=-1)[:, target]
    rank = (logits > logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
