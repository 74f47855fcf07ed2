"""The same as the variance that disappears when a frequency's part is subtracted."""


def logit_frequency_share(logits, directions):
    centred = logits.double() - logits.double().mean(dim=(0, 1), keepdim=True)
    shares = []
    for pair in directions:
        part = torch.einsum("dab,dc->abc", pair, torch.einsum("dab,abc->dc", pair, centred))
        shares.append(1 - (centred - part).square().sum() / centred.square().sum())
    return torch.stack(shares).float()
