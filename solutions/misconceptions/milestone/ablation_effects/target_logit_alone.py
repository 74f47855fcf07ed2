"""That is how far the logit of the target falls. A part may move all logits alike, so ask for the log-odds: target minus
foil.

See hint 1.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    items = torch.arange(len(asked.targets))
    intact = logits(model, asked.prompts, positions=asked.last)[items, asked.targets]
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - ablated[:, items, asked.targets]).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
