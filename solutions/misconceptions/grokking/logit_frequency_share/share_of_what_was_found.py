"""These are shares of what lies on the given directions, so they always sum to 1. The whole is all of the centred
logits.

See hint 2.
"""


def logit_frequency_share(logits, directions):
    centred = (logits - logits.mean(dim=(0, 1))).to(directions.dtype)
    coefficients = torch.einsum("fdab,abc->fdc", directions, centred)
    found = coefficients.square().sum(dim=(1, 2))
    return found / found.sum()
