"""That is the loss of what is left when the directions are taken away. Restricted means that only they are kept.

See hint 1.
"""


def restricted_loss(logits, directions):
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    kept = logits - torch.einsum("fdab,fdc->abc", directions, coefficients)
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(kept, answers).mean().item()
