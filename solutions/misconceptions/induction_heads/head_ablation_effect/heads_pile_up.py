"""Heads were ablated one on top of the other, as the copy was made once. Each head is ablated alone: copy anew for each.

See hint 2.
"""


def head_ablation_effect(z, loss_of, method, order):
    instead = {"zero": torch.zeros_like(z), "mean": z.mean(dim=(0, 1)).expand_as(z), "resample": z[order]}
    before, effects, ablated = loss_of(z), [], z.clone()
    for head in range(z.shape[2]):
        ablated[:, :, head] = instead[method][:, :, head]
        effects.append(loss_of(ablated) - before)
    return torch.tensor(effects)
