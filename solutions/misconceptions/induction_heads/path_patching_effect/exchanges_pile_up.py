"""Exchanges were made one on top of the other. Each sender is exchanged alone, in the stream as it was.

See hint 2.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects, exchanged = loss_of(residual), [], residual
    for head in range(written.shape[2]):
        exchanged = exchanged - written[:, :, head] + other[:, :, head]
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
