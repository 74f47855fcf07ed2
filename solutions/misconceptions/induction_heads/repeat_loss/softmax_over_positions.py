"""The softmax was taken over positions. Probabilities of the next token sum to one over the vocabulary, the last axis.

See hint 2.
"""


def repeat_loss(logits, tokens, period):
    losses = -logits[:, :-1].log_softmax(dim=1).gather(-1, tokens[:, 1:, None])[..., 0]
    return {"first": losses[:, :period].mean().item(), "later": losses[:, period + 1 :].mean().item()}
