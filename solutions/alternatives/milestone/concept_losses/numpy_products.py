"""In numpy, as a product of probabilities whose logarithm is taken in the end, and with ranks."""


def concept_losses(model, asked):
    def softmax(rows):
        weights = np.exp(rows - rows.max(axis=1, keepdims=True))
        return weights / weights.sum(axis=1, keepdims=True)

    rows_of = {"target": [], "foil": [], "first": []}
    for name, words in (("target", asked.target_words), ("foil", asked.foil_words)):
        for scores, tokens in windows(model, words):
            p, own = softmax(scores.numpy().astype(float)[:-1]), tokens.numpy()[1:]
            chosen = p[np.arange(len(own)), own]
            rows_of[name].append(chosen.prod())
            if name == "target":
                rows_of["first"].append(float((p > chosen[:, None]).sum() == 0))
    target, foil = np.array(rows_of["target"]), np.array(rows_of["foil"])
    return pd.DataFrame({"loss": -np.log(target), "log_odds": np.log(target / foil), "completed": rows_of["first"]})
