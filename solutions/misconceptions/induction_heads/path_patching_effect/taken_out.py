"""The sender's part was taken out and nothing put in its place. That is an ablation of the path; patching puts in the
other sequence's part.

See hint 1.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects = loss_of(residual), []
    for head in range(written.shape[2]):
        exchanged = residual - written[:, :, head]
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
