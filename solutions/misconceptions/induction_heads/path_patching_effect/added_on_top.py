"""The other sequence's part was added, and the sender's own was left in. Exchange it: take one out, put the other in.

See hint 1.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects = loss_of(residual), []
    for head in range(written.shape[2]):
        exchanged = residual + other[:, :, head]
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
