"""The falls are divided by the log-odds of the intact model. Asked for is the fall itself, in nats: early in training
there is nearly nothing to divide by.

See hint 1.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1) / intact.mean()
    return dict(zip(parts, falls.tolist(), strict=True))
