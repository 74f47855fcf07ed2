"""The prediction of position 1 was left out. It is made at the start token and belongs to the first copy.

See hint 3.
"""


def repeat_loss(logits, tokens, period):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return {"first": losses[:, 1:period].mean().item(), "later": losses[:, period + 1 :].mean().item()}
