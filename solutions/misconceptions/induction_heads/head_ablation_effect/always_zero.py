"""The head was set to zero whatever the method is.

See hint 2.
"""


def head_ablation_effect(z, loss_of, method, order):
    {"zero": torch.zeros_like(z), "mean": z.mean(dim=(0, 1)).expand_as(z), "resample": z[order]}
    before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated[:, :, head] = 0
        effects.append(loss_of(ablated) - before)
    return torch.tensor(effects)
