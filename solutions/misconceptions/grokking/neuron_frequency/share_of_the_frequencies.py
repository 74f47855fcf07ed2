"""The shares are of what lies on one frequency alone. The whole is all of the neuron's variance, products of different
frequencies included.

See hint 1.
"""


def neuron_frequency(activations, basis):
    power = torch.einsum("ia,jb,abn->ijn", basis, basis, activations.to(basis.dtype)).square()
    power[0, 0] = 0
    shares = []
    for k in range(1, len(basis) // 2 + 1):
        rows = torch.tensor([0, 2 * k - 1, 2 * k])
        shares.append(power[rows][:, rows].sum(dim=(0, 1)))
    share, position = (torch.stack(shares) / torch.stack(shares).sum(dim=0)).max(dim=0)
    return {"frequency": position + 1, "share": share}
