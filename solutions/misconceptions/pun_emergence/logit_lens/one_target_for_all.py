"""Every pun is asked for the target of the first pun. Each pun has a target of its own.

See hint 3.
"""


def logit_lens(residual, final_norm, unembed, targets):
    logits = unembed(final_norm(residual)).double()
    own = targets[:1].expand(residual.shape[:2])[..., None]
    probability = logits.softmax(dim=-1).gather(-1, own)[..., 0]
    rank = 1 + (logits > logits.gather(-1, own)).sum(dim=-1)
    return {"probability": probability, "rank": rank}
