"""That is activation patching: what comes after the circuit may answer to the change. Path patching holds everything in
between, so that the direct paths alone change.

See hint 2.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    from course_utils.inside import patch

    patched = patch(model, asked.prompts, asked.contrasts, senders, positions=asked.last)
    return intact - asked.log_odds(patched)
