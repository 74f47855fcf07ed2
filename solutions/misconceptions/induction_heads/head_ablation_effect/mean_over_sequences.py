"""The mean was taken over sequences alone, for each position. It is over sequences and positions.

See hint 3.
"""


def head_ablation_effect(z, loss_of, method, order):
    instead = {"zero": torch.zeros_like(z), "mean": z.mean(dim=0).expand_as(z), "resample": z[order]}
    before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated[:, :, head] = instead[method][:, :, head]
        effects.append(loss_of(ablated) - before)
    return torch.tensor(effects)
