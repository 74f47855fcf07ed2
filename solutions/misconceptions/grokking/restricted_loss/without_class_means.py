"""The means of the classes are missing. Add each class's mean over pairs back to what is kept.

See hint 1.
"""


def restricted_loss(logits, directions):
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    kept = torch.einsum("fdab,fdc->abc", directions, coefficients)
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(kept, answers).mean().item()
