"""That loss was computed in single precision, which cannot tell losses under about 1e-7 from zero. Use the given
cross_entropy, which is in float64.

See hint 2.
"""


def restricted_loss(logits, directions):
    logits = logits.double()
    coefficients = torch.einsum("fdab,abc->fdc", directions, logits)
    kept = torch.einsum("fdab,fdc->abc", directions, coefficients) + logits.mean(dim=(0, 1))
    residues = torch.arange(len(logits))
    answers = (residues[:, None] + residues) % len(logits)
    return torch.nn.functional.cross_entropy(kept.float().flatten(0, 1), answers.flatten()).item()
