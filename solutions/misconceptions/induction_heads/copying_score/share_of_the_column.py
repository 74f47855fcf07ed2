"""Each token's share was taken in what raises it. It is the share in what the head raises when it reads that token: sum
over the last axis.

See hint 3.
"""


def copying_score(embedding, W_V, W_O, W_U):
    logits = embedding @ W_V @ W_O @ W_U
    raised = (logits - logits.mean(dim=-1, keepdim=True)).relu()
    share = raised.diagonal(dim1=1, dim2=2) / raised.sum(dim=1)
    return 2 * share.mean(dim=1) - 1
