"""The order is ascending, so these are the words that the model expects least.

See hint 3.
"""


def top_predictions(logits, texts, count=5):
    probabilities = logits.double().softmax(dim=-1)
    order = probabilities.argsort().tolist()
    words = [token for token in order if texts[token].startswith(" ")][:count]
    return {
        "words": [texts[token].strip() for token in words],
        "probabilities": probabilities[words],
    }
