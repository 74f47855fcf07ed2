"""With the prompts as the reference and its mask, in float64 and backwards."""


def ablation_effects(model, asked):
    names, parts = zip(*reversed(named_components(model).items()), strict=True)
    mask = asked.mask.to(torch.int64)
    options = {"reference": asked.prompts, "reference_mask": mask, "positions": asked.last}
    before = asked.log_odds(logits(model, asked.prompts, positions=asked.last).double())
    after = asked.log_odds(ablate_each(model, asked.prompts, parts, **options).double())
    return pd.Series((before.mean() - after.mean(dim=-1)).numpy(), index=names).to_dict()
