"""The stream is not scaled. StandardScaler comes first: the penalty on the weights acts as strongly as dimensions are
small.

See hint 3.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer]
    probe = LogisticRegression(C=0.01, max_iter=1000)
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds))
    return by_group(told == labels, groups)
