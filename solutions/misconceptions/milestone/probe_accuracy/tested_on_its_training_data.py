"""The probe is tested on the sentences that it was fitted to. Hold groups out: it has to tell sentences that it has not
seen.

See hint 1.
"""


def probe_accuracy(model, asked, layer, folds=5):
    stream = residual_stream(model, asked.sentences, positions=asked.sentence_ends)[layer]
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
    labels, groups = asked.has_concept.numpy(), asked.sentence_groups
    told = probe.fit(stream.float().numpy(), labels).predict(stream.float().numpy())
    return by_group(told == labels, groups)
