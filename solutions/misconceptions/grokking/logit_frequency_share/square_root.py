"""That is a ratio of lengths. Variance goes with the square: leave out the square root.

See hint 1.
"""


def logit_frequency_share(logits, directions):
    centred = (logits - logits.mean(dim=(0, 1))).to(directions.dtype)
    coefficients = torch.einsum("fdab,abc->fdc", directions, centred)
    return (coefficients.square().sum(dim=(1, 2)) / centred.square().sum()).sqrt()
