"""That is the score in bits. The course measures in nats, with the natural logarithm.

See hint 1.
"""


def in_context_learning_score(logits, tokens, early=50, late=500):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return ((losses[:, late - 1] - losses[:, early - 1]).mean() / np.log(2)).item()
