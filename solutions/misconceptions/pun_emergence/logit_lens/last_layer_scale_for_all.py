"""Only the last layer is normalised by its own length, the others are scaled like it. Each layer's stream is normalised
by itself, over d_model.

See hint 3.
"""


def logit_lens(residual, final_norm, unembed, targets):
    logits = unembed(residual / residual[-1].std(dim=-1, keepdim=True)).double()
    own = targets.expand(len(residual), -1)[..., None]
    probability = logits.softmax(dim=-1).gather(-1, own)[..., 0]
    rank = 1 + (logits > logits.gather(-1, own)).sum(dim=-1)
    return {"probability": probability, "rank": rank}
