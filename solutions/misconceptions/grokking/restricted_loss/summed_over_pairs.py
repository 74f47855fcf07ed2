"""That is the sum over all pairs. The loss is the mean.

See hint 2.
"""


def restricted_loss(logits, directions):
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    kept = torch.einsum("fdab,fdc->abc", directions, coefficients) + logits.mean(dim=(0, 1))
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(kept, answers).sum().item()
