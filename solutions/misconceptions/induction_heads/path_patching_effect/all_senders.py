"""The parts of all senders were exchanged at once. One sender at a time.

See hint 2.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects = loss_of(residual), []
    for _head in range(written.shape[2]):
        exchanged = residual - written.sum(dim=2) + other.sum(dim=2)
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
