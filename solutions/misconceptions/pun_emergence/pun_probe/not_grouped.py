"""Sentences of one word stand on both sides of the split, so the probe is tested on words that it has seen, and can know
them by heart. Keep each word together: GroupKFold with words as groups.

See hint 1.
"""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    from sklearn.model_selection import StratifiedKFold

    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels: np.ndarray) -> np.ndarray:
        told = cross_val_predict(probe, activations, labels, cv=StratifiedKFold(folds, shuffle=True, random_state=0))
        return pd.Series(told == labels).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun), "control": by_word(shuffled)}
