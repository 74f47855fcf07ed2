"""The control is the probe for puns, judged by the shuffled labels. A control task has a probe of its own, fitted to the
shuffled labels.

See hint 3.
"""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))

    def by_word(labels, truth):
        told = cross_val_predict(probe, activations, labels, groups=words, cv=GroupKFold(folds))
        return pd.Series(told == truth).groupby(words).mean().to_numpy()

    return {"accuracy": by_word(is_pun, is_pun), "control": by_word(is_pun, shuffled)}
