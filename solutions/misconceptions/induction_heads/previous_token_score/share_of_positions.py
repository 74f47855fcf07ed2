"""Positions were counted at which the token before gets the most attention. The score is the attention itself, averaged.

See hint 1.
"""


def previous_token_score(pattern):
    strongest = pattern[:, :, 1:].argmax(dim=-1)
    return (strongest == torch.arange(pattern.shape[-1] - 1)).float().mean(dim=(0, 2))
