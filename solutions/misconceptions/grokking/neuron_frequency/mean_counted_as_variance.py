"""The mean of the neuron is counted as variance: the entry constant times constant has no frequency and is left out of
the whole.

See hint 1.
"""


def neuron_frequency(activations, basis):
    power = torch.einsum("ia,jb,abn->ijn", basis, basis, activations.to(basis.dtype)).square()
    total = power.sum(dim=(0, 1))
    shares = []
    for k in range(1, len(basis) // 2 + 1):
        rows = torch.tensor([0, 2 * k - 1, 2 * k])
        shares.append((power[rows][:, rows].sum(dim=(0, 1)) - power[0, 0]) / total)
    share, position = torch.stack(shares).max(dim=0)
    return {"frequency": position + 1, "share": share}
