"""The same with a mask and torch.where."""


def ablation_effect(activations, units, readout, answers, method):
    chosen = torch.zeros(activations.shape[1], dtype=torch.bool)
    chosen[units] = True
    instead = torch.zeros_like(activations) if method == "zero" else activations.mean(dim=0, keepdim=True)
    ablated = torch.where(chosen, instead, activations)
    return cross_entropy(readout(ablated), answers).mean() - cross_entropy(readout(activations), answers).mean()
