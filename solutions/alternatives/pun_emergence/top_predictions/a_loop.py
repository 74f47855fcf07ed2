"""A loop in plain Python with math.exp, and lists for arrays."""


def top_predictions(logits, texts, count=5):
    values = logits.tolist()
    total = math.fsum(math.exp(value - max(values)) for value in values)
    both = zip(values, texts, strict=True)
    found = sorted(((value, text) for value, text in both if text[:1] == " "), reverse=True)[:count]
    return {
        "words": [text[1:] for _, text in found],
        "probabilities": [math.exp(value - max(values)) / total for value, _ in found],
    }
