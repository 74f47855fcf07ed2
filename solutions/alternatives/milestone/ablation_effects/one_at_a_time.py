"""One component at a time, with the logits of all positions."""


def ablation_effects(model, asked):
    from course_utils.inside import ablate

    items = torch.arange(len(asked.last))
    intact = asked.log_odds(logits(model, asked.prompts)[items, asked.last]).mean()
    found = {}
    for name, part in named_components(model).items():
        scores = ablate(model, asked.prompts, part, attention_mask=asked.mask.int())[items, asked.last]
        found[name] = float(intact - asked.log_odds(scores).mean())
    return found
