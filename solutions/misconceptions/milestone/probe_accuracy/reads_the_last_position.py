"""The stream is read at the last position of the padded rows, which for shorter sentences is padding. Read at
positions=asked.sentence_ends.

See hint 3.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentences.shape[1] - 1)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds))
    return by_group(told == labels, groups)
