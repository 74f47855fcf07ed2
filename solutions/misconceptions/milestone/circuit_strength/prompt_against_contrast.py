"""That is the difference between prompt and contrast in the whole model. Let only the direct paths of the circuit carry
the contrast.

See hint 1.
"""


def circuit_strength(model, asked, circuit):
    texts = (asked.prompts, asked.contrasts)
    own, other = (asked.log_odds(logits(model, text, positions=asked.last)) for text in texts)
    return own - other
