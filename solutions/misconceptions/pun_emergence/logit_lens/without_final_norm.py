"""The final normalisation is missing. The unembedding was trained on normalised streams; without it, a layer with a long
stream seems far too sure.

See hint 1.
"""


def logit_lens(residual, final_norm, unembed, target):
    logits = unembed(residual).double()
    probability = logits.softmax(dim=-1)[:, target]
    rank = 1 + (logits > logits[:, [target]]).sum(dim=-1)
    return {"probability": probability, "rank": rank}
