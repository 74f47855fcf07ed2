"""Only the waves of a alone and of b alone are counted. Products of a wave in a with a wave in b have that frequency
too: eight numbers.

See hint 3.
"""


def neuron_frequency(activations, basis):
    power = torch.einsum("ia,jb,abn->ijn", basis, basis, activations.to(basis.dtype)).square()
    power[0, 0] = 0
    shares = []
    for k in range(1, len(basis) // 2 + 1):
        rows = torch.tensor([0, 2 * k - 1, 2 * k])
        shares.append((power[0, rows].sum(dim=0) + power[rows, 0].sum(dim=0)) / power.sum(dim=(0, 1)))
    share, position = torch.stack(shares).max(dim=0)
    return {"frequency": position + 1, "share": share}
