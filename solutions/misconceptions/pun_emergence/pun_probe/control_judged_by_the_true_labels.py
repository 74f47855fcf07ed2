"""The control is fitted to shuffled labels and judged by the true ones. It has to be judged by the shuffled labels too:
it asks what such a probe can learn of labels that mean nothing.

See hint 3.
"""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels, truth):
        told = cross_val_predict(probe, activations, labels, groups=words, cv=GroupKFold(folds))
        return pd.Series(told == truth).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun, is_pun), "control": by_word(shuffled, is_pun)}
