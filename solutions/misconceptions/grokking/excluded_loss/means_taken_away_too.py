"""The class means were taken away as well. Only the given directions go; nothing else changes.

See hint 2.
"""


def excluded_loss(logits, directions, train):
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    left = logits - torch.einsum("fdab,fdc->abc", directions, coefficients) - logits.mean(dim=(0, 1))
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(left, answers)[train].mean().item()
