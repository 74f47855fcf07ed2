"""Every pun counts once here, so a word with three puns counts three times. Average the puns of a word first, then the
words.

See hint 2.
"""


def completion_accuracy(ranks, target_log_p, foil_log_p, words, resamples):
    def with_interval(values: np.ndarray) -> np.ndarray:
        by_word = pd.Series(values).groupby(words).mean().to_numpy()
        low, high = np.quantile(by_word[resamples].mean(axis=1), [0.025, 0.975])
        return np.array([values.mean(), low, high])

    return {
        "accuracy": with_interval(ranks == 1),
        "foil_margin": with_interval(target_log_p - foil_log_p),
    }
