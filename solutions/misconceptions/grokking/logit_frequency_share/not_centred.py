"""The logits are not centred, so that class means count as variance. Take the mean over all pairs away from each class.

See hint 1.
"""


def logit_frequency_share(logits, directions):
    logits = logits.to(directions.dtype)
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    return coefficients.square().sum(dim=(1, 2)) / logits.square().sum()
