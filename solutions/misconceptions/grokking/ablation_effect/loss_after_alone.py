"""That is the loss after the ablation. The effect is by how much it is larger than before.

See hint 2.
"""


def ablation_effect(activations, units, readout, answers, method):
    ablated = activations.clone()
    ablated[:, units] = 0 if method == "zero" else activations[:, units].mean(dim=0)
    before, after = (cross_entropy(readout(x), answers).mean() for x in (activations, ablated))
    return after.item()
