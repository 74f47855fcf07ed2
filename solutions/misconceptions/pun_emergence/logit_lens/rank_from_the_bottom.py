"""The rank counts how many tokens are less likely. It is 1 plus the number of tokens that are likelier.

See hint 2.
"""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(final_norm(residual)).double()
    probability = logits.softmax(dim=-1)[:, target]
    rank = 1 + (logits < logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
