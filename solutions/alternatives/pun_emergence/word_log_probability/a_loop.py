"""A loop over the word's tokens with logsumexp."""


def word_log_probability(logits, tokens, length):
    logits, log_p, ranks = logits.double(), [], []
    for position in range(len(tokens) - length, len(tokens)):
        before, token = logits[position - 1], tokens[position]
        log_p.append((before[token] - torch.logsumexp(before, dim=0)).item())
        ranks.append(1 + int((before > before[token]).sum()))
    return {"log_probability": sum(log_p), "per_token": sum(log_p) / length, "rank": max(ranks)}
