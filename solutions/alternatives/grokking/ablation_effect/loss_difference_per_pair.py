"""The same as the mean over pairs of each pair's own difference, with torch's cross_entropy."""


def ablation_effect(activations, units, readout, answers, method):
    ablated = activations.clone()
    for unit in units:
        ablated[:, unit] = activations[:, unit].mean() if method == "mean" else 0.0
    losses = [
        torch.nn.functional.cross_entropy(readout(x).double(), answers, reduction="none") for x in (ablated, activations)
    ]
    return float((losses[0] - losses[1]).mean())
