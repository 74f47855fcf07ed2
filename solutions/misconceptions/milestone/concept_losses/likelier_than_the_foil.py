"""An item counts as completed here when its target is likelier than its foil. It is completed when the target comes
first among all tokens.

See hint 1.
"""


def concept_losses(model, asked):
    def scored(words):
        log_p = [(rows[:-1].double().log_softmax(dim=-1), tokens[1:, None]) for rows, tokens in windows(model, words)]
        return [(p.gather(1, own)[:, 0], p.amax(dim=1)) for p, own in log_p]

    target = scored(asked.target_words)
    log_p = torch.stack([own.sum() for own, _ in target])
    foil = torch.stack([own.sum() for own, _ in scored(asked.foil_words)])
    completed = (log_p > foil).double()
    return {"loss": -log_p, "log_odds": log_p - foil, "completed": completed}
