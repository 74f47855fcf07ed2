"""With the loss that models are trained with, in float32."""


def word_log_probability(logits, tokens, length):
    loss = torch.nn.functional.cross_entropy(logits[:-1], tokens[1:], reduction="none")[-length:]
    order = logits[:-1].argsort(dim=-1, descending=True)[-length:]
    ranks = (order == tokens[-length:, None]).nonzero()[:, 1] + 1
    return {
        "log_probability": -float(loss.sum()),
        "per_token": -float(loss.mean()),
        "rank": int(ranks.max()),
    }
