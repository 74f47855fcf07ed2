"""Heads cut out and joined again, as a numpy array."""


def head_ablation_effect(z, loss_of, method, order):
    effects = []
    for head in range(z.shape[2]):
        part = z[:, :, head : head + 1]
        new = {"zero": 0 * part, "mean": part.mean(dim=(0, 1), keepdim=True) + 0 * part, "resample": part[order]}[
            method
        ]
        effects.append(loss_of(torch.cat([z[:, :, :head], new, z[:, :, head + 1 :]], dim=2)) - loss_of(z))
    return np.array(effects)
