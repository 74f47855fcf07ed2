"""Components are set to zero, a value that the rest of the model may never have seen. Set each to its mean: how="mean".

See hint 2.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "zero", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
