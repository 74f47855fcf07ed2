"""The activations themselves were changed, so before and after are the same. Change a copy.

See hint 2.
"""


def ablation_effect(activations, units, readout, answers, method):
    ablated = activations
    ablated[:, units] = 0 if method == "zero" else activations[:, units].mean(dim=0)
    before, after = (cross_entropy(readout(x), answers).mean() for x in (activations, ablated))
    return (after - before).item()
