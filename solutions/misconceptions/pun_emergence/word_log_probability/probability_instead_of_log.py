"""That is a probability. Asked for is its logarithm, in nats: sums of logarithms, not products.

See hint 2.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().exp().item(),
        "per_token": own.mean().exp().item(),
        "rank": ranks.max().item(),
    }
