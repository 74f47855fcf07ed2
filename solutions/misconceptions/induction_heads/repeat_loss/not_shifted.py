"""The logits at position i were held against the token at position i itself. They speak of the next token, i + 1.

See hint 1.
"""


def repeat_loss(logits, tokens, period):
    losses = -logits.log_softmax(dim=-1).gather(-1, tokens[:, :, None])[..., 0]
    return {"first": losses[:, 1 : period + 1].mean().item(), "later": losses[:, period + 2 :].mean().item()}
