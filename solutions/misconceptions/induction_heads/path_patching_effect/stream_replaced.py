"""The receiver was given the sender's part alone, without the rest of the residual stream.

See hint 1.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects = loss_of(residual), []
    for head in range(written.shape[2]):
        exchanged = other[:, :, head]
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
