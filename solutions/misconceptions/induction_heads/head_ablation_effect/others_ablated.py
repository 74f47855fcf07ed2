"""All other heads were ablated, and the one was kept.

See hint 1.
"""


def head_ablation_effect(z, loss_of, method, order):
    instead = {"zero": torch.zeros_like(z), "mean": z.mean(dim=(0, 1)).expand_as(z), "resample": z[order]}
    before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated = instead[method].clone()
        ablated[:, :, head] = z[:, :, head]
        effects.append(loss_of(ablated) - before)
    return torch.tensor(effects)
