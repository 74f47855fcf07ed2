"""That is the share told wrongly. Asked for is the share told rightly.

See hint 2.
"""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels: np.ndarray) -> np.ndarray:
        told = cross_val_predict(probe, activations, labels, groups=words, cv=GroupKFold(folds))
        return pd.Series(told != labels).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun), "control": by_word(shuffled)}
