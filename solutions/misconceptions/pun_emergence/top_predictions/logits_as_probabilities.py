"""These are logits, not probabilities: they are missing the softmax. Logits are known up to a constant only, so their
size alone says nothing.

See hint 1.
"""


def top_predictions(logits, texts, count=5):
    probabilities = logits.double()
    order = probabilities.argsort(descending=True).tolist()
    words = [token for token in order if texts[token].startswith(" ")][:count]
    return {
        "words": [texts[token].strip() for token in words],
        "probabilities": probabilities[words],
    }
