"""Only the first direction of each frequency is counted. Cosine and sine of a frequency both belong to it.

See hint 2.
"""


def logit_frequency_share(logits, directions):
    centred = (logits - logits.mean(dim=(0, 1))).to(directions.dtype)
    coefficients = torch.einsum("fdab,abc->fdc", directions, centred)
    return coefficients[:, 0].square().sum(dim=1) / centred.square().sum()
