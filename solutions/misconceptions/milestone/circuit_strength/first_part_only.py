"""Only the first part of the circuit is patched. All of them are senders, together.

See hint 3.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = path_patch(model, asked.prompts, asked.contrasts, senders[0], positions=asked.last)
    return intact - asked.log_odds(patched)
