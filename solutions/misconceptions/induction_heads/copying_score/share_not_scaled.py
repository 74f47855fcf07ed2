"""That is the share itself, from 0 to 1. The score is 2 * share - 1.

See hint 2.
"""


def copying_score(embedding, W_V, W_O, W_U):
    logits = embedding @ W_V @ W_O @ W_U
    raised = (logits - logits.mean(dim=-1, keepdim=True)).relu()
    return (raised.diagonal(dim1=1, dim2=2) / raised.sum(dim=-1)).mean(dim=1)
