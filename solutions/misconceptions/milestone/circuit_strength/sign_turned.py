"""The sign is turned: that is how far the log-odds rise. A circuit that speaks for the target has a positive strength:
intact minus patched.

See hint 1.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = path_patch(model, asked.prompts, asked.contrasts, senders, positions=asked.last)
    return asked.log_odds(patched) - intact
