"""Every group gets the accuracy over all sentences. Asked for is the share told rightly in each group.

See hint 1.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = cross_val_predict(probe, stream.float().numpy(), labels, groups=groups, cv=GroupKFold(folds))
    return {group: float((told == labels).mean()) for group in groups}
