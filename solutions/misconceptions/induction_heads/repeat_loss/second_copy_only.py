"""Only the second copy was counted as later. Third and further copies are later occurrences too.

See hint 3.
"""


def repeat_loss(logits, tokens, period):
    losses = -logits[:, :-1].log_softmax(dim=-1).gather(-1, tokens[:, 1:, None])[..., 0]
    return {"first": losses[:, :period].mean().item(), "later": losses[:, period + 1 : 2 * period].mean().item()}
