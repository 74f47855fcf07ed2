"""These are the tokens without a space before them. "interest" would go on with the last word; the next word is "
interest", a token of its own.

See hint 2.
"""


def top_predictions(logits, texts, count=5):
    probabilities = logits.double().softmax(dim=-1)
    order = probabilities.argsort(descending=True).tolist()
    words = [token for token in order if not texts[token].startswith(" ")][:count]
    return {
        "words": [texts[token].strip() for token in words],
        "probabilities": probabilities[words],
    }
