"""The falls are averaged over items. Asked for is one number for each item, which are averaged by group later.

See hint 3.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = path_patch(model, asked.prompts, asked.contrasts, senders, positions=asked.last)
    return (intact - asked.log_odds(patched)).mean()
