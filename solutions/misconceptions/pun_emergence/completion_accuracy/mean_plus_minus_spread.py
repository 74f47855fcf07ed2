"""That is the mean plus and minus the standard deviation over words: the spread of words, not the uncertainty of their
mean.

See hint 2.
"""


def completion_accuracy(ranks, target_log_p, foil_log_p, words, resamples):
    def with_interval(values: np.ndarray) -> np.ndarray:
        by_word = pd.Series(values).groupby(words).mean().to_numpy()
        low, high = by_word.mean() - by_word.std(), by_word.mean() + by_word.std()
        return np.array([by_word.mean(), low, high])

    return {
        "accuracy": with_interval(ranks == 1),
        "foil_margin": with_interval(target_log_p - foil_log_p),
    }
