"""The logits are read at the word's own tokens. What a model says of a token stands one position earlier: logits[i] are
for the token after tokens[i].

See hint 3.
"""


def word_log_probability(logits, tokens, length):
    log_p = logits.double().log_softmax(dim=-1)[-length:]
    own = log_p.gather(1, tokens[-length:, None])
    ranks = 1 + (log_p > own).sum(dim=1)
    return {
        "log_probability": own.sum().item(),
        "per_token": own.mean().item(),
        "rank": ranks.max().item(),
    }
