"""These are the log-odds with the circuit patched. Asked for is how far they fall: intact minus patched.

See hint 1.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    patched = path_patch(model, asked.prompts, asked.contrasts, senders, positions=asked.last)
    return asked.log_odds(patched)
