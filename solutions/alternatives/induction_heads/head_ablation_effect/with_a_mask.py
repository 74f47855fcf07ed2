"""A mask over heads and torch.where."""


def head_ablation_effect(z, loss_of, method, order):
    if method == "zero":
        instead = torch.zeros(1)
    elif method == "mean":
        instead = z.flatten(0, 1).mean(dim=0)
    else:
        instead = z.index_select(0, order)
    before = loss_of(z)
    masks = torch.eye(z.shape[2], dtype=torch.bool)[:, None, None, :, None]
    return torch.tensor([loss_of(torch.where(mask, instead, z)) for mask in masks], dtype=torch.float64) - before
