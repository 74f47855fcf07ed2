"""The logits are subtracted first, as log-odds are linear in them; the parts in another order."""


def circuit_strength(model, asked, circuit):
    chosen = [part for name, part in named_components(model).items() if name in set(circuit)]
    items = torch.arange(len(asked.targets))
    patched = path_patch(model, asked.prompts, asked.contrasts, reversed(chosen))[items, asked.last]
    return asked.log_odds(logits(model, asked.prompts, positions=asked.last) - patched).double().numpy()
