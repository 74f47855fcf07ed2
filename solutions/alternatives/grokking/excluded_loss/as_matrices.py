"""The same with a projection matrix and pairs in one axis."""


def excluded_loss(logits, directions, train):
    p = len(logits)
    columns, rows = logits.double().reshape(p * p, p), directions.reshape(-1, p * p)
    left = columns - rows.T @ (rows @ columns)
    chosen = train.flatten()
    return torch.nn.functional.cross_entropy(left[chosen], pair_sums(all_pairs(p), p)[chosen])
