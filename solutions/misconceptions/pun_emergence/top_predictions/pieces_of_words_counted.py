"""Among these are tokens that begin no new word: they go on with the last word of the text. A next word is a token whose
text begins with a space.

See hint 2.
"""


def top_predictions(logits, texts, count=5):
    probabilities = logits.double().softmax(dim=-1)
    order = probabilities.argsort(descending=True).tolist()
    words = order[:count]
    return {
        "words": [texts[token].strip() for token in words],
        "probabilities": probabilities[words],
    }
