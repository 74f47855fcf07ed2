"""Positions were exchanged instead of sequences. order says which sequence gives its values, position by position.

See hint 2.
"""


def head_ablation_effect(z, loss_of, method, order):
    instead = {"zero": torch.zeros_like(z), "mean": z.mean(dim=(0, 1)).expand_as(z), "resample": z.flip(1)}
    before, effects = loss_of(z), []
    for head in range(z.shape[2]):
        ablated = z.clone()
        ablated[:, :, head] = instead[method][:, :, head]
        effects.append(loss_of(ablated) - before)
    return torch.tensor(effects)
