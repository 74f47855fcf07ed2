"""The parts are patched one by one, and their falls summed. The final normalisation makes that something else: patch the
whole circuit in one call.

See hint 3.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    falls = []
    for name in circuit:
        patched = path_patch(model, asked.prompts, asked.contrasts, parts[name], positions=asked.last)
        falls.append(intact - asked.log_odds(patched))
    return torch.stack(falls).sum(dim=0)
