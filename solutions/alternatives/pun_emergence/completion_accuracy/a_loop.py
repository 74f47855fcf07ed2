"""Means of words from a dict, sorted by hand."""


def completion_accuracy(ranks, target_log_p, foil_log_p, words, resamples):
    def summary(values):
        grouped = {}
        for word, value in zip(words, values, strict=True):
            grouped.setdefault(word, []).append(float(value))
        means = np.array([np.mean(grouped[word]) for word in sorted(grouped)])
        draws = [means[row].mean() for row in resamples]
        return np.array([means.mean(), np.percentile(draws, 2.5), np.percentile(draws, 97.5)])

    return {"foil_margin": summary(target_log_p - foil_log_p), "accuracy": summary(ranks < 2)}
