"""With torch's cross entropy, whose sum over a word's tokens is its loss; in float32."""


def concept_losses(model, asked):
    entropy = torch.nn.functional.cross_entropy
    ends = list(windows(model, asked.target_words))
    loss = torch.stack([entropy(rows[:-1], tokens[1:], reduction="sum") for rows, tokens in ends])
    pairs = windows(model, asked.foil_words)
    foil_loss = torch.stack([entropy(rows[:-1], tokens[1:], reduction="sum") for rows, tokens in pairs])
    completed = [float(torch.equal(rows[:-1].argmax(dim=1), tokens[1:])) for rows, tokens in ends]
    return {"loss": loss, "log_odds": foil_loss - loss, "completed": torch.tensor(completed)}
