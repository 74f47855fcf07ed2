"""In float64, with another solver and labels 1 and -1."""


def pun_probe(activations, is_pun, shuffled, words, folds=6):
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, solver="newton-cholesky"))
    found = {}
    for name, labels in (("control", shuffled), ("accuracy", is_pun)):
        signs = np.where(labels, 1, -1)
        told = cross_val_predict(probe, activations.astype(float), signs, groups=np.array(words), cv=GroupKFold(folds))
        found[name] = pd.Series((told * signs + 1) / 2).groupby(np.array(words)).mean().tolist()
    return found
