"""Prompts and contrasts are swapped: the contrast is run, and the circuit carries the prompt. Run the prompts, with the
contrasts as the source.

See hint 2.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = path_patch(model, asked.contrasts, asked.prompts, senders, positions=asked.last)
    return intact - asked.log_odds(patched)
