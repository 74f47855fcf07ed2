"""The log-odds are those of the first tokens, as asked.log_odds gives them. Here the whole word counts: log p(target) -
log p(foil), summed over the tokens of each.

See hint 1.
"""


def concept_losses(model, asked):
    def scored(words):
        log_p = [(rows[:-1].double().log_softmax(dim=-1), tokens[1:, None]) for rows, tokens in windows(model, words)]
        return [(p.gather(1, own)[:, 0], p.amax(dim=1)) for p, own in log_p]

    target = scored(asked.target_words)
    log_p = torch.stack([own.sum() for own, _ in target])
    log_odds = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    completed = torch.stack([(own == best).all() for own, best in target]).double()
    return {"loss": -log_p, "log_odds": log_odds, "completed": completed}
