"""Column k of the losses is the prediction of token k + 1. The k-th token is predicted at position k - 1.

See hint 3.
"""


def in_context_learning_score(logits, tokens, early=50, late=500):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (losses[:, (late) % losses.shape[1]] - losses[:, early]).mean().item()
