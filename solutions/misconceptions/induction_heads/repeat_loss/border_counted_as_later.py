"""Position period + 1 was counted among the later ones. It is a repeat, but nothing before it tells that it begins.

See hint 3.
"""


def repeat_loss(logits, tokens, period):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return {"first": losses[:, :period].mean().item(), "later": losses[:, period:].mean().item()}
