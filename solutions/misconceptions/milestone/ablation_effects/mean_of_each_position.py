"""The mean is taken for each position by itself. Words of different prompts do not correspond by position: take it over
all tokens of all prompts.

See hint 2.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long(), "per_position": True}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
