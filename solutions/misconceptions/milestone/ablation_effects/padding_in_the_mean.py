"""Padding counts in the mean. Give attention_mask=asked.mask.long(), which leaves it out.

See hint 2.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
