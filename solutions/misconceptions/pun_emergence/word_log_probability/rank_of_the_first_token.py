"""That is the rank of the word's first token. The whole word is the first choice only if each of its tokens is, so the
worst of their ranks counts.

See hint 2.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks[0].item(),
    }
