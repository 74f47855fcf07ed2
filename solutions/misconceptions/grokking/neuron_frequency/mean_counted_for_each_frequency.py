"""The entry constant times constant is counted for every frequency. It belongs to none: leave out [0, 0].

See hint 3.
"""


def neuron_frequency(activations, basis):
    power = torch.einsum("ia,jb,abn->ijn", basis, basis, activations.to(basis.dtype)).square()
    total = power.sum(dim=(0, 1)) - power[0, 0]
    shares = []
    for k in range(1, len(basis) // 2 + 1):
        rows = torch.tensor([0, 2 * k - 1, 2 * k])
        shares.append(power[rows][:, rows].sum(dim=(0, 1)) / total)
    share, position = torch.stack(shares).max(dim=0)
    return {"frequency": position + 1, "share": share}
