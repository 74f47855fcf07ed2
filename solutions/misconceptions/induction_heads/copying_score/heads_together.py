"""What all heads write was added up first. Each head has a score of its own.

See hint 3.
"""


def copying_score(embedding, W_V, W_O, W_U):
    logits = embedding @ (W_V @ W_O).sum(dim=0) @ W_U
    raised = (logits - logits.mean(dim=-1, keepdim=True)).relu()
    share = raised.diagonal() / raised.sum(dim=-1)
    return 2 * share.mean() - 1
