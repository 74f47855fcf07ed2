"""In float32, with a mask and topk."""


def top_predictions(logits, texts, count=5):
    begins = torch.tensor([text.startswith(" ") for text in texts])
    found = logits.softmax(dim=0).where(begins, torch.tensor(-1.0)).topk(count)
    return {"words": [texts[i].strip() for i in found.indices], "probabilities": found.values}
