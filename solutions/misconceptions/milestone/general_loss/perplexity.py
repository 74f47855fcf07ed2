"""That is the perplexity, exp(loss). Asked for is the loss itself, in nats.

See hint 2.
"""


def general_loss(model, tokens):
    log_p = logits(model, tokens)[:, :-1].double().log_softmax(dim=-1)
    return (-log_p.gather(-1, tokens[:, 1:, None]).mean()).exp().item()
