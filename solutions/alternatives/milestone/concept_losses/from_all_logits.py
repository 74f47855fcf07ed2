"""With the logits of all positions of the padded rows, and a loop over positions; completed by argmax; numbers as lists."""


def concept_losses(model, asked):
    def word(tokens, scores, first, last):
        log_p, best = 0.0, True
        for position in range(first, last + 1):
            row = scores[position - 1].double()
            log_p += (row[tokens[position]] - row.logsumexp(dim=0)).item()
            best = best and int(row.argmax()) == int(tokens[position])
        return log_p, best

    def words(asked_words):
        scores = logits(model, asked_words.tokens)
        first, last = asked_words.last_of_text + 1, asked_words.last_of_word
        return [word(*row) for row in zip(asked_words.tokens, scores, first.tolist(), last.tolist(), strict=True)]

    target, foil = words(asked.target_words), words(asked.foil_words)
    return {
        "completed": [float(best) for _, best in target],
        "log_odds": [own - other for (own, _), (other, _) in zip(target, foil, strict=True)],
        "loss": [-own for own, _ in target],
    }
