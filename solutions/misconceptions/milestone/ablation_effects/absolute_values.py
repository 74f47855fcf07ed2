"""Rises and falls both count as effects here. Average the falls with their sign: a part that stands in the way has a
negative effect.

See hint 1.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).abs().mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
