"""Both are divided by the number of tokens. The log probability of the whole word is the sum; only per_token is the
mean.

See hint 2.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.mean().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
