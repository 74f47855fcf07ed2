"""The negative logits themselves were averaged. A loss is the negative logarithm of a probability: softmax first.

See hint 2.
"""


def repeat_loss(logits, tokens, period):
    losses = -logits[:, :-1].gather(-1, tokens[:, 1:, None])[..., 0]
    return {"first": losses[:, :period].mean().item(), "later": losses[:, period + 1 :].mean().item()}
