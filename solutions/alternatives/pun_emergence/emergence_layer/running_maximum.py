"""With the largest rank from each layer on."""


def emergence_layer(ranks, top=5):
    worst = np.maximum.accumulate(ranks[:, ::-1], axis=1)[:, ::-1]
    layers = (worst > top).sum(axis=1)
    return [None if layer == ranks.shape[1] else int(layer) for layer in layers]
