"""All layers are normalised with the mean and the deviation of all of them together. Each layer's stream is normalised
by itself, over d_model.

See hint 3.
"""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(final_norm(residual[-1]) + (residual - residual[-1]) / residual.std()).double()
    probability = logits.softmax(dim=-1)[:, target]
    rank = 1 + (logits > logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
