"""The folds in a loop."""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    names = np.array(words)

    def accuracy(labels):
        right = np.zeros(len(labels))
        for train, test in GroupKFold(n_splits=folds).split(activations, labels, groups=names):
            probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
            right[test] = probe.fit(activations[train], labels[train]).predict(activations[test]) == labels[test]
        return np.array([right[names == word].mean() for word in np.unique(names)])

    return {"accuracy": accuracy(is_pun), "control": accuracy(shuffled)}
