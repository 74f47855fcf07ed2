"""That is the loss after the ablation. The effect is by how much it is larger than before.

See hint 2.
"""


def head_ablation_effect(z, loss_of, method, order):
    instead = {"zero": torch.zeros_like(z), "mean": z.mean(dim=(0, 1)).expand_as(z), "resample": z[order]}
    _before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated[:, :, head] = instead[method][:, :, head]
        effects.append(loss_of(ablated))
    return torch.tensor(effects)
