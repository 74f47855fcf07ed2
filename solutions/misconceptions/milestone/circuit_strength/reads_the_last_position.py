"""The log-odds are read at the last position of the padded rows, which for shorter prompts is padding. Read at
positions=asked.last.

See hint 2.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.prompts.shape[1] - 1))
    patched = path_patch(model, asked.prompts, asked.contrasts, senders, positions=asked.prompts.shape[1] - 1)
    return intact - asked.log_odds(patched)
