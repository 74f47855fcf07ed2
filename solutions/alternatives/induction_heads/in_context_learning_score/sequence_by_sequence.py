"""One sequence after the other, in numpy."""


def in_context_learning_score(logits, tokens, early=50, late=500):
    differences = []
    for scores, sequence in zip(logits.double().numpy(), tokens.numpy(), strict=True):
        log_p = scores - np.log(np.exp(scores).sum(axis=-1, keepdims=True))
        differences.append(log_p[early - 1, sequence[early]] - log_p[late - 1, sequence[late]])
    return float(np.mean(differences))
