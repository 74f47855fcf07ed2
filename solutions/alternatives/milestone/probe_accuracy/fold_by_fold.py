"""Fold by fold, in float64, with another solver, the scaling by hand and shares in a loop."""


def probe_accuracy(model, asked, layer, folds=5):
    ends = residual_stream(model, asked.sentences)[layer][torch.arange(len(asked.sentences)), asked.sentence_ends]
    x, y = ends.double().numpy(), asked.has_concept.numpy().astype(int)
    names = np.array(asked.sentence_groups)
    right = np.zeros(len(y))
    for train, test in GroupKFold(n_splits=folds).split(x, y, names):
        middle, spread = x[train].mean(axis=0), x[train].std(axis=0)
        spread[spread == 0] = 1
        probe = LogisticRegression(C=0.01, max_iter=1000, solver="newton-cholesky")
        probe.fit((x[train] - middle) / spread, y[train])
        right[test] = probe.predict((x[test] - middle) / spread) == y[test]
    return {name: float(right[names == name].mean()) for name in reversed(sorted(set(names.tolist())))}
