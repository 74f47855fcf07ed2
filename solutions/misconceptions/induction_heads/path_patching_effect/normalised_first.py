"""The residual stream was normalised before the exchange. The parts add up in the stream itself; loss_of normalises it
afterwards.

See hint 2.
"""


def path_patching_effect(residual, written, other, loss_of):
    before, effects = loss_of(residual), []
    for head in range(written.shape[2]):
        exchanged = (
            torch.nn.functional.layer_norm(residual, residual.shape[-1:]) - written[:, :, head] + other[:, :, head]
        )
        effects.append(loss_of(exchanged) - before)
    return torch.tensor(effects)
