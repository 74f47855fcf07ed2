"""The logits at position i were held against the token at position i itself. They speak of the next token, i + 1.

See hint 2.
"""


def in_context_learning_score(logits, tokens, early=50, late=500):
    losses = -logits.log_softmax(dim=-1).gather(-1, tokens[:, :, None])[..., 0]
    return (losses[:, late] - losses[:, early]).mean().item()
