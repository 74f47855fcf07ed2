"""The sign is turned: that is how far the log-odds rise. A component that is needed has a positive effect: intact minus
ablated.

See hint 1.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (asked.log_odds(ablated) - intact).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
