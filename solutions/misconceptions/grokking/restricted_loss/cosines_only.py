"""Only the cosine directions are kept. Both directions of each frequency belong to it.

See hint 3.
"""


def restricted_loss(logits, directions):
    logits, directions = logits.double(), directions[:, :1]
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    kept = torch.einsum("fdab,fdc->abc", directions, coefficients) + logits.mean(dim=(0, 1))
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return cross_entropy(kept, answers).mean().item()
