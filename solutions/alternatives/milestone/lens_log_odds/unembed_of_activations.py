"""With the function that does both steps at once, and resid_pre and resid_post read by name."""


def lens_log_odds(model, asked):
    from course_utils.inside import read_activations, unembed

    read = read_activations(model, asked.prompts, ["resid_pre", "resid_post"], positions=asked.last)
    rows = [read["resid_pre"][0], *read["resid_post"]]
    scores = torch.stack([unembed(model, row) for row in rows])
    own = torch.stack([asked.targets, asked.foils], dim=1).expand(len(rows), -1, -1)
    target, foil = scores.gather(2, own).unbind(dim=2)
    return target - foil
