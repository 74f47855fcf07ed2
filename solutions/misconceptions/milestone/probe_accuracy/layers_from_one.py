"""The row of layer - 1 is read. Row 0 of residual_stream is the stream before the first layer, so that row `layer` is
the one after `layer` layers.

See hint 2.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer - 1]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds))
    return by_group(told == labels, groups)
