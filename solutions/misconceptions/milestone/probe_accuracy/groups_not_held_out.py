"""The folds do not keep groups together: sentences with the same words are in training and test, and the probe may know
them by heart. Give groups=... and GroupKFold.

See hint 1.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, cv=folds)
    return by_group(told == labels, groups)
