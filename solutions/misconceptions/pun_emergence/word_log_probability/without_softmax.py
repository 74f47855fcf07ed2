"""These are sums of logits, without the softmax. A logit is known up to a constant only; log p is the logit minus the
log-sum-exp of all logits.

See hint 1.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double()[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
