"""The sign is turned: the score is the loss late minus the loss early, so that it is negative for a model that uses its
context.

See hint 2.
"""


def in_context_learning_score(logits, tokens, early=50, late=500):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return (losses[:, early - 1] - losses[:, late - 1]).mean().item()
