"""The log-odds are read at the last position of the padded rows, which for shorter prompts is padding. Read at
positions=asked.last.

See hint 3.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.prompts.shape[1] - 1, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.prompts.shape[1] - 1))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
