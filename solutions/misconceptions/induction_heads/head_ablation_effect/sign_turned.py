"""The sign is turned: the effect is the loss after the ablation minus the loss before.

See hint 2.
"""


def head_ablation_effect(z, loss_of, method, order):
    instead = {"zero": torch.zeros_like(z), "mean": z.mean(dim=(0, 1)).expand_as(z), "resample": z[order]}
    before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated[:, :, head] = instead[method][:, :, head]
        effects.append(before - loss_of(ablated))
    return torch.tensor(effects)
