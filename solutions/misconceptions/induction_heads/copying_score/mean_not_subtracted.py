"""The mean over output tokens was not subtracted. A shift of all logits changes no probability, so it must not count as
raising.

See hint 2.
"""


def copying_score(embedding, W_V, W_O, W_U):
    raised = (embedding @ W_V @ W_O @ W_U).relu()
    share = raised.diagonal(dim1=1, dim2=2) / raised.sum(dim=-1)
    return 2 * share.mean(dim=1) - 1
