"""Text by text, in numpy."""


def general_loss(model, tokens):
    losses = []
    for row in tokens:
        scores = logits(model, row[None])[0].numpy().astype(float)
        for position in range(1, len(row)):
            before = scores[position - 1]
            top = before.max()
            losses.append(top + np.log(np.exp(before - top).sum()) - before[int(row[position])])
    return float(np.mean(losses))
