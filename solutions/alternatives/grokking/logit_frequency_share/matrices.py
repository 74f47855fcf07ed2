"""The same with matrix products in numpy."""


def logit_frequency_share(logits, directions):
    p = len(logits)
    columns = logits.numpy().astype(float).reshape(p * p, p)
    columns = columns - columns.mean(axis=0)
    shares = [((pair.reshape(2, -1) @ columns) ** 2).sum() for pair in directions.numpy()]
    return np.array(shares) / (columns**2).sum()
