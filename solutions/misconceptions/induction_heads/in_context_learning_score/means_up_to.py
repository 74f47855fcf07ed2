"""Means over all tokens up to the early and the late one were compared. The score compares these two tokens alone.

See hint 1.
"""


def in_context_learning_score(logits, tokens, early=50, late=500):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (losses[:, :late].mean() - losses[:, :early].mean()).item()
