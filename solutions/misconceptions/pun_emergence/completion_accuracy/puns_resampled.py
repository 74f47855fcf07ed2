"""The puns themselves are resampled, though a row of resamples gives places of words. Puns of one word succeed and fail
together: resample words, or the interval is too narrow.

See hint 1.
"""


def completion_accuracy(ranks, target_log_p, foil_log_p, words, resamples):
    def with_interval(values: np.ndarray) -> np.ndarray:
        by_word = pd.Series(values).groupby(words).mean().to_numpy()
        low, high = np.quantile(np.asarray(values)[resamples].mean(axis=1), [0.025, 0.975])
        return np.array([by_word.mean(), low, high])

    return {
        "accuracy": with_interval(ranks == 1),
        "foil_margin": with_interval(target_log_p - foil_log_p),
    }
