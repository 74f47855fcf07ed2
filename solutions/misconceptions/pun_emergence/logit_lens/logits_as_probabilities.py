"""That is the logit of the target, not its probability: the softmax over the vocabulary is missing.

See hint 2.
"""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(final_norm(residual)).double()
    probability = logits[:, target]
    rank = 1 + (logits > logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
