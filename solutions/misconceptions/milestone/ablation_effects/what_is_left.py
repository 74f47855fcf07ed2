"""These are the log-odds of the ablated model. Asked for is by how much they fall: intact minus ablated.

See hint 1.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = asked.log_odds(ablated).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
