"""The fall is divided by the log-odds of the intact model. Asked for is the fall itself, in nats.

See hint 1.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = path_patch(model, asked.prompts, asked.contrasts, senders, positions=asked.last)
    return (intact - asked.log_odds(patched)) / intact
