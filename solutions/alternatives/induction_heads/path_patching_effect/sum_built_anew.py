"""The residual stream built anew from all parts, in numpy's order of axes."""


def path_patching_effect(residual, written, other, loss_of):
    rest = residual - written.sum(dim=2)
    losses = []
    for head in range(written.shape[2]):
        parts = [other[:, :, h] if h == head else written[:, :, h] for h in range(written.shape[2])]
        losses.append(loss_of(rest + torch.stack(parts).sum(dim=0)))
    return np.array(losses) - loss_of(residual)
