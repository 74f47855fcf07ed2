"""That is the ratio of the two losses. The score is their difference, in nats.

See hint 2.
"""


def in_context_learning_score(logits, tokens, early=50, late=500):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (losses[:, late - 1].mean() / losses[:, early - 1].mean()).item()
