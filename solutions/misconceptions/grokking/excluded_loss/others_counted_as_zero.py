"""Pairs outside the training set are counted with a loss of 0, which makes the mean too small. Index with the table,
then take the mean.

See hint 3.
"""


def excluded_loss(logits, directions, train):
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    left = logits - torch.einsum("fdab,fdc->abc", directions, coefficients)
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return (cross_entropy(left, answers) * train).mean().item()
