"""The layers are shifted by one: the first entry is the stream before the first layer, the last one the stream after the
last.

See hint 3.
"""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(final_norm(residual.roll(-1, dims=0))).double()
    probability = logits.softmax(dim=-1)[:, target]
    rank = 1 + (logits > logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
