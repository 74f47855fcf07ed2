"""The circuit is put to its mean, which takes it out of everything that it does. Let its direct paths carry the
contrast: path_patch.

See hint 2.
"""


def circuit_strength(model, asked, circuit):
    parts = named_components(model)
    senders = [parts[name] for name in circuit]
    intact = asked.log_odds(logits(model, asked.prompts, positions=asked.last))
    patched = ablate_each(
        model, asked.prompts, [senders], "mean", positions=asked.last, attention_mask=asked.mask.long()
    )[0]
    return intact - asked.log_odds(patched)
