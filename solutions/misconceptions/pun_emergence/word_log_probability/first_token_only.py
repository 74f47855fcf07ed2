"""Only the first token of the word is scored. A word of several tokens is said only if all of them are: their log
probabilities add up.

See hint 1.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits[:-1].double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])[:1]
    ranks = 1 + (log_p[:1] > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
