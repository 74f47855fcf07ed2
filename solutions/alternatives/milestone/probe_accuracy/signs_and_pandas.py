"""With labels 1 and -1, the sign of the decision, and a mean by pandas."""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)
    signs = np.where(asked.has_concept, 1, -1)
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000, tol=1e-6))
    groups = np.array(asked.sentence_groups)
    options = {"groups": groups, "cv": GroupKFold(folds), "method": "decision_function"}
    decision = cross_val_predict(probe, stream[layer].numpy(), signs, **options)
    table = pd.DataFrame({"group": groups, "right": np.where(decision > 0, 1, -1) == signs})
    return table.groupby("group")["right"].mean().to_dict()
