"""The exchange went the wrong way: the other part was taken out and the sender's own put in once more.

See hint 1.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects = loss_of(residual), []
    for head in range(written.shape[2]):
        exchanged = residual + written[:, :, head] - other[:, :, head]
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
