"""All tokens of the text are scored, the setup among them. Only the word's own tokens count, given everything before
them.

See hint 1.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double().log_softmax(dim=-1)
    own = log_p.gather(1, tokens[1:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
