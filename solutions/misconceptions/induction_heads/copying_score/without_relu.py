"""Lowered tokens were left in. Only what is raised counts: relu, after the mean is gone.

See hint 1.
"""


def copying_score(embedding, W_V, W_O, W_U):
    logits = embedding @ W_V @ W_O @ W_U
    moved = logits - logits.mean(dim=-1, keepdim=True)
    share = moved.diagonal(dim1=1, dim2=2) / moved.abs().sum(dim=-1)
    return 2 * share.mean(dim=1) - 1
