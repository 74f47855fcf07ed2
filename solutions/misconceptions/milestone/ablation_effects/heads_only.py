"""Only the heads are ablated. The components are all that named_components gives: MLPs too.

See hint 2.
"""


def ablation_effects(model, asked):
    parts = {name: part for name, part in named_components(model).items() if name.startswith("head")}
    options = {"positions": asked.last, "attention_mask": asked.mask.long()}
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    ablated = ablate_each(model, asked.prompts, list(parts.values()), "mean", **options)
    falls = (intact - asked.log_odds(ablated)).mean(dim=1)
    return dict(zip(parts, falls.tolist(), strict=True))
