"""That is the share of sentences which the probe takes for the concept, half of which are not. Asked for is the share
that it tells rightly.

See hint 1.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds))
    return by_group(told, groups)
