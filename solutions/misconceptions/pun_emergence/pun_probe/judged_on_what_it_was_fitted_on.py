"""The probe is judged on the sentences that it was fitted to. Predict each sentence with a probe that has not seen its
word.

See hint 1.
"""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels: np.ndarray) -> np.ndarray:
        told = probe.fit(activations, labels).predict(activations)
        return pd.Series(told == labels).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun), "control": by_word(shuffled)}
