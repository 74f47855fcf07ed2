"""With log probabilities of target and foil, from which the logits' common part drops out."""


def ablation_effects(model, asked):
    parts = named_components(model)
    rows, mask = torch.arange(len(asked.targets)), asked.mask.long()

    def odds(scores):
        log_p = scores.double().log_softmax(dim=-1)
        return log_p[..., rows, asked.targets] - log_p[..., rows, asked.foils]

    intact = odds(logits(model, asked.prompts, positions=asked.last, attention_mask=mask))
    scores = ablate_each(model, asked.prompts, parts.values(), positions=asked.last, attention_mask=mask)
    return {name: (intact - left).mean().item() for name, left in zip(parts, odds(scores), strict=True)}
