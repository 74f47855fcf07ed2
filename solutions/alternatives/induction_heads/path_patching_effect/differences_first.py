"""All differences first, then one loss for each, as a list made into a float64 tensor."""


def path_patching_effect(residual, written, other, loss_of):
    changes = (other - written).unbind(dim=2)
    return torch.tensor([loss_of(residual + change) for change in changes], dtype=torch.float64) - loss_of(residual)
