"""The frequencies are counted from 0. The lowest one is 1, so add 1 to a position.

See hint 2.
"""


def neuron_frequency(activations, basis):
    power = torch.einsum("ia,jb,abn->ijn", basis, basis, activations.to(basis.dtype)).square()
    power[0, 0] = 0
    shares = []
    for k in range(1, len(basis) // 2 + 1):
        rows = torch.tensor([0, 2 * k - 1, 2 * k])
        shares.append(power[rows][:, rows].sum(dim=(0, 1)) / power.sum(dim=(0, 1)))
    share, position = torch.stack(shares).max(dim=0)
    return {"frequency": position, "share": share}
