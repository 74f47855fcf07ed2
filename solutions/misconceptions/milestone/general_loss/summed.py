"""The loss is summed over all tokens, so that more text has more of it. Asked for is the mean: nats per token.

See hint 2.
"""


def general_loss(model, tokens):
    log_p = logits(model, tokens)[:, :-1].double().log_softmax(dim=-1)
    return -log_p.gather(-1, tokens[:, 1:, None]).sum().item()
