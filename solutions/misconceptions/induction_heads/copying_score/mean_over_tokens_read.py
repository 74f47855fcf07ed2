"""The mean was taken over the tokens read. It is over output tokens, for each token read.

See hint 2.
"""


def copying_score(embedding, W_V, W_O, W_U):
    logits = embedding @ W_V @ W_O @ W_U
    raised = (logits - logits.mean(dim=1, keepdim=True)).relu()
    share = raised.diagonal(dim1=1, dim2=2) / raised.sum(dim=-1)
    return 2 * share.mean(dim=1) - 1
