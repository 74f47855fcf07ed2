"""A loop over positions, in float64, with a dict of numpy numbers."""


def repeat_loss(logits, tokens, period):
    collected = {"first": [], "later": []}
    for position in range(1, tokens.shape[1]):
        if position == period + 1:
            continue
        scores = logits[:, position - 1].double()
        right = scores[torch.arange(len(tokens)), tokens[:, position]]
        losses = scores.logsumexp(dim=-1) - right
        collected["first" if position <= period else "later"] += losses.tolist()
    return {name: np.mean(values) for name, values in collected.items()}
