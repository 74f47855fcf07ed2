"""The rank counts from 0. The first choice has rank 1.

See hint 2.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
