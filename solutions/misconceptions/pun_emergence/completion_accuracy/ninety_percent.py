"""The interval goes from the 5 % to the 95 % quantile, which holds 90 %. A 95 % interval leaves 2.5 % out at each end.

See hint 2.
"""


def completion_accuracy(ranks, target_log_p, foil_log_p, words, resamples):
    def with_interval(values: np.ndarray) -> np.ndarray:
        by_word = pd.Series(values).groupby(words).mean().to_numpy()
        low, high = np.quantile(by_word[resamples].mean(axis=1), [0.05, 0.95])
        return np.array([by_word.mean(), low, high])

    return {
        "accuracy": with_interval(ranks == 1),
        "foil_margin": with_interval(target_log_p - foil_log_p),
    }
